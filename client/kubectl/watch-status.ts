/** `status --watch`: the same blocks again whenever something in them has changed, until Ctrl-C. */
import { type RuneVault, resource } from '../../crds/runevault.ts';
import { Bell } from '../../kube/bell.ts';
import { isForbidden } from '../../kube/errors.ts';
import { createReflector, type ReflectorOptions } from '../../kube/reflector.ts';
import { resources } from '../../kube/resources.ts';
import { CommandError } from './refusals.ts';
import type { Session } from './session.ts';
import { noVault, renderVaults } from './status.ts';
import { oneLine } from './text.ts';
import { type Pod, readVault, vaultPods } from './vaults.ts';

/** What changes together is shown together. */
const SETTLE_MS = 100;
/** On a terminal, so that ages grow. */
const REDRAW_MS = 5_000;
const NEVER_MS = 2 ** 31 - 1;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export type WatchQuestion = { name: string | undefined; isEverywhere: boolean };

/**
 * On a terminal the screen is drawn anew; elsewhere a block is added when it says something else than the one before, ages aside.
 * @throws CommandError when there is no such RuneVault to begin with, or none may be watched.
 */
export async function watchStatus(session: Session, { name, isEverywhere }: WatchQuestion): Promise<void> {
	const { clock, print, screen } = session;
	const namespace = isEverywhere ? undefined : session.namespace;
	if (name !== undefined) await readVault(session, name);
	const world = follow(session, namespace, name);
	const startedAt = clock.wall();
	const show = (now: Date) => {
		const vaults = world.vaults();
		if (vaults.length > 0) return renderVaults(vaults, world.pods(), now);
		return name === undefined ? noVault(namespace) : `there is no RuneVault ${name} in namespace ${namespace} any more`;
	};
	await world.synced;
	for (let shown = ''; !world.signal.aborted; ) {
		const content = show(startedAt);
		if (screen.isTerminal) print(`${CLEAR_SCREEN}${show(clock.wall())}`);
		else if (content !== shown) print(`${shown === '' ? '' : '\n'}${show(clock.wall())}`);
		shown = content;
		await world.bell.wait(screen.isTerminal ? REDRAW_MS : NEVER_MS, world.signal);
		await clock.sleep(SETTLE_MS, world.signal);
	}
	await world.end();
}

/** The RuneVaults and their pods as they are now, and a bell that rings when they change. */
function follow(session: Session, namespace: string | undefined, name: string | undefined) {
	const { transport, clock, tell, screen } = session;
	const bell = new Bell(clock);
	const told = new Set<string>();
	const refused = new AbortController();
	const podsRefused = new AbortController();
	const interrupted = screen.interrupted();
	const signal = AbortSignal.any([interrupted, refused.signal]);
	const common = { transport, clock, namespace, onChange: () => bell.ring() };
	const orForbidden = (stop: AbortController) => (error: unknown) => {
		if (isForbidden(error)) return stop.abort(error);
		const text = oneLine(error instanceof Error ? error.message : String(error));
		if (!told.has(text)) tell(`waiting for the API server: ${text}`);
		told.add(text);
	};
	const run = (options: ReflectorOptions, stop: AbortController) => {
		const reflector = createReflector({ ...options, onError: orForbidden(stop) });
		const until = AbortSignal.any([signal, stop.signal]);
		return { reflector, ended: reflector.start(until), ready: Promise.race([reflector.synced, aborted(until)]) };
	};
	const fieldSelector = name === undefined ? undefined : `metadata.name=${name}`;
	const vaults = run({ ...common, resource, fieldSelector }, refused);
	const pods = run({ ...common, resource: resources.pods, labelSelector: vaultPods(name) }, podsRefused);
	return {
		bell,
		signal,
		synced: Promise.all([vaults.ready, pods.ready]),
		vaults: () => vaults.reflector.store.list() as unknown as RuneVault[],
		pods: () => (podsRefused.signal.aborted ? undefined : (pods.reflector.store.list() as Pod[])),
		async end() {
			await Promise.all([vaults.ended, pods.ended]);
			if (interrupted.aborted) return;
			throw new CommandError(`status --watch needs the right to watch ${resource.plural}: ${refused.signal.reason.message}`);
		},
	};
}

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		if (signal.aborted) resolve();
		else signal.addEventListener('abort', () => resolve(), { once: true });
	});
}
