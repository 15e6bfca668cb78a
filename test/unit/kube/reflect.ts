/** Runs a reflector against a script, and the steps most scripts begin and end with. */
import { createReflector, type ReflectorOptions } from '../../../kube/reflector.ts';
import { resources } from '../../../kube/resources.ts';
import { configMap } from './builders.ts';
import { FakeClock } from './fake-clock.ts';
import { type ScriptedTransport as Script, ScriptedTransport, type Step, watchError } from './scripted-transport.ts';

export type Run = {
	log: string[];
	errors: unknown[];
	clock: FakeClock;
	script: Script;
	versions: () => Record<string, string>;
	isSynced: () => boolean;
};

/** Runs a reflector on the script; the log has each change as `kind name@version`. */
export async function reflect(
	steps: Step[],
	test: (run: Run & ReturnType<typeof createReflector>) => Promise<void>,
	options: Partial<ReflectorOptions> = {},
) {
	const script = new ScriptedTransport(...steps);
	const clock = new FakeClock();
	const log: string[] = [];
	const errors: unknown[] = [];
	const stop = new AbortController();
	let hasSynced = false;
	const reflector = createReflector({
		transport: script,
		resource: resources.configMaps,
		namespace: 'rune',
		clock,
		random: () => 0.5,
		onChange: ({ metadata }, kind) => log.push(`${kind} ${metadata.name}@${metadata.resourceVersion}`),
		onError: error => errors.push(error),
		...options,
	});
	void reflector.synced.then(() => {
		hasSynced = true;
	});
	const ended = reflector.start(stop.signal);
	await clock.advance(0);
	const versions = () => Object.fromEntries(reflector.store.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']));
	await test({ ...reflector, log, errors, clock, script, versions, isSynced: () => hasSynced });
	stop.abort();
	await clock.advance(60_000);
	await ended;
}

export const list = (version: number, ...names: string[]): Step => ({
	kind: 'list',
	version,
	items: names.map(name => configMap(name, version)),
});
/** The server does not stream lists. */
export const notServed: Step = { kind: 'watch', plays: [watchError(422, 'Invalid')] };
export const open: Step = { kind: 'watch', plays: [], isOpen: true };
