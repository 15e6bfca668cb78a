/** `events`: what happened to a RuneVault, newest last. */
import { resource } from '../../crds/runevault.ts';
import { list } from '../../kube/objects.ts';
import { type KubeObject, resources } from '../../kube/resources.ts';
import type { Session } from './session.ts';
import { age, table } from './text.ts';
import { readVault } from './vaults.ts';

/** An event of `events.k8s.io/v1`; the deprecated fields are what the core API's recorders leave in it. */
export type Event = KubeObject & {
	eventTime?: string | null;
	type?: string;
	reason?: string;
	note?: string;
	series?: { count: number; lastObservedTime: string };
	deprecatedLastTimestamp?: string | null;
	deprecatedCount?: number;
};

const lastSeen = ({ series, eventTime, deprecatedLastTimestamp, metadata }: Event): string | undefined =>
	series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp;

/** Milliseconds; an event without any time counts as the oldest. */
const order = (event: Event): number => Date.parse(lastSeen(event) ?? '') || 0;

const countOf = ({ series, deprecatedCount }: Event): number => series?.count ?? deprecatedCount ?? 1;

/** For sorting. */
export const newestFirst = (a: Event, b: Event): number => order(b) - order(a);

/** The events about the RuneVault of this name. */
export async function listEvents({ transport, namespace }: Session, name: string): Promise<Event[]> {
	const fieldSelector = `regarding.kind=${resource.kind},regarding.name=${name}`;
	return (await list<Event>(transport, resources.events, { namespace, fieldSelector })).items;
}

export function renderEvents(events: readonly Event[], now: Date): string[] {
	const rows = events
		.toSorted((a, b) => newestFirst(b, a))
		.map(event => [age(lastSeen(event), now), String(countOf(event)), event.type ?? '', event.reason ?? '', event.note ?? '']);
	return table(['AGE', 'COUNT', 'TYPE', 'REASON', 'NOTE'], rows);
}

/** @throws CommandError when there is neither an event nor such a RuneVault: events outlive what they are about. */
export async function showEvents(session: Session, name: string): Promise<void> {
	const { clock, print } = session;
	const events = await listEvents(session, name);
	if (events.length > 0) {
		for (const line of renderEvents(events, clock.wall())) print(line);
		return;
	}
	await readVault(session, name);
	print(`no events of ${name}; the API server keeps them for an hour`);
}
