/** Images into the nodes' containerd, where kubelet finds them; there is no registry. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildArchive } from '../../scripts/archive.ts';
import { run } from '../install/run.ts';
import { PAUSE_IMAGE } from './node-files.ts';
import { type Component, componentDirectory, running, versions } from './paths.ts';
import type { NodePlan } from './plan.ts';

export type Archive = {
	readonly reference: string;
	/** Another name for the same image. */
	readonly exact?: string;
	readonly file: string;
};

/** Images of the cluster's own, one static binary each, by component. */
export const ownImages = { pause: PAUSE_IMAGE, coredns: `localhost/coredns:${versions.coredns}` } as const;

/** An archive with a component's image beside its program, made when it is not there. */
export async function componentImage(component: Component & keyof typeof ownImages): Promise<Archive> {
	const directory = componentDirectory(component);
	const archive = { reference: ownImages[component], file: join(directory, 'image.tar') };
	if (existsSync(archive.file)) return archive;
	const dockerfile = join(directory, 'Dockerfile');
	await writeFile(dockerfile, `FROM scratch\nCOPY bin/${component} /${component}\nENTRYPOINT ["/${component}"]\n`);
	const fresh = `${archive.file}.${process.pid}`;
	await buildArchive({ builder: 'buildah', context: directory, dockerfile, reference: archive.reference, file: fresh });
	await rename(fresh, archive.file);
	return archive;
}

/**
 * Imports an archive into one node, unless that node has it already.
 *
 * @param identity what the archive holds; another identity under the same reference is imported again
 * @returns whether anything was done
 */
export async function load(node: NodePlan, { reference, exact, file }: Archive, identity: string): Promise<boolean> {
	const marks = join(running.node(node.name), 'images');
	const mark = join(marks, basename(reference));
	if (existsSync(mark) && (await readFile(mark, 'utf8')) === identity) return false;
	const images = (...args: string[]) =>
		run('ctr', ['--address', running.containerd(node.name), '--namespace', 'k8s.io', 'images', ...args], { timeoutMs: 300_000 });
	await images('import', file);
	if (exact !== undefined) await images('tag', '--force', reference, exact);
	await mkdir(marks, { recursive: true });
	await writeFile(mark, identity);
	return true;
}
