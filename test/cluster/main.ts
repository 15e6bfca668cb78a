/**
 * `node test/cluster/main.ts <command>`: a real Kubernetes cluster of several nodes on this one machine, and the image that runs in it.
 *
 * Exit code 0 when done, 1 when something failed, 2 when asked for what there is not.
 */
import { parseArgs } from 'node:util';
import { buildImage, builtImage } from '../../scripts/image.ts';
import { build, components, unbuilt } from './builds.ts';
import { down } from './down.ts';
import { load } from './load.ts';
import { hasProgram, installPackages, missingPackages } from './packages.ts';
import { planNodes } from './plan.ts';
import { goVersion, goViolations } from './preflight.ts';
import { createProgress } from './progress.ts';
import { readRecord } from './record.ts';
import { Refusal } from './refusal.ts';
import { status } from './status.ts';
import { up } from './up.ts';

const help = `A Kubernetes cluster of several nodes on this machine.

usage: node test/cluster/main.ts <command>

  up      start it, or find it running   NODES=3 by default, 9 at most
  down    take it down and leave nothing of it
  status  what runs, and whether it is well
  build   build Kubernetes, CoreDNS and Helm (once; kept in the cache folder), or what is named; needs Go, not root
  image   build the RuneVault image into build/image/
  load    put that image into every node
`;

const progress = createProgress();

/** @param names of what to build; what the cluster needs when there are none */
async function buildPrograms(names: readonly string[]): Promise<void> {
	const wanted = names.length === 0 ? undefined : components.filter(component => names.includes(component));
	if (wanted !== undefined && wanted.length !== names.length)
		throw new Refusal([`can build ${components.join(', ')}, and not all of ${names.join(', ')}`]);
	const lines = goViolations({ unbuilt: await unbuilt(wanted), go: await goVersion() });
	if (lines.length > 0) throw new Refusal(lines);
	await build(progress, wanted);
}

/** With buildah where it is or can be installed, else with docker. */
async function makeImage(): Promise<void> {
	const canInstall = process.getuid?.() === 0 && hasProgram('apt-get');
	if (canInstall) await installPackages(progress, missingPackages());
	const builder = ['buildah' as const, 'docker' as const].find(name => hasProgram(name));
	if (builder === undefined) throw new Refusal(['neither buildah nor docker on the PATH: one of them builds the image']);
	const { image, isNew } = await progress.step('image', () => buildImage(builder));
	progress.say(`${image.reference}: ${(image.bytes / 1e6).toFixed(0)} MB${isNew ? '' : ', unchanged'}, in ${image.file}`);
}

async function loadImage(): Promise<void> {
	const [record, image] = [await readRecord(), await builtImage()];
	if (record === undefined) throw new Refusal(['no cluster on this machine (make cluster-up)']);
	if (image === undefined) throw new Refusal(['no image in build/image (make image)']);
	for (const node of planNodes(record.nodes)) {
		const isNew = await progress.step(`${image.reference} into ${node.name}`, () => load(node, image, image.identity));
		if (!isNew) progress.say(`${node.name} had it`);
	}
}

const commands: Readonly<Record<string, (names: readonly string[]) => Promise<unknown>>> = {
	up: () => up(progress, Number(process.env.NODES ?? 3)),
	down: () => down(progress),
	status: async () => {
		const { text, isWell } = await status();
		console.log(text);
		process.exitCode = isWell ? 0 : 1;
	},
	build: buildPrograms,
	image: makeImage,
	load: loadImage,
};

const { positionals, values } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
const [name = '', ...names] = positionals;
const command = commands[name];
if (values.help || command === undefined || (names.length > 0 && name !== 'build')) {
	console.log(help);
	process.exitCode = values.help ? 0 : 2;
} else {
	try {
		await command(names);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		for (const line of error instanceof Refusal ? error.reasons : [error.message]) console.error(`cluster: ${line}`);
		if (error.cause instanceof Error) console.error(`cluster: because ${error.cause.message}`);
		process.exitCode = 1;
	}
}
