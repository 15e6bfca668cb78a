/**
 * Events as `kubectl describe` shows them, in `events.k8s.io/v1`.
 *
 * The same event about the same object becomes a series: its count is written at 2, 4, 8, … and once a minute at most after that, so that a
 * reconcile that fails for hours leaves one event and few writes. Recording never throws: an event is a courtesy.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';
import { isNotFound } from './errors.ts';
import { microTime } from './lease-record.ts';
import { create, patchMerge } from './objects.ts';
import { apiVersionOf, type KubeObject, resources } from './resources.ts';
import type { Transport } from './transport.ts';

export type EventText = {
	type: 'Normal' | 'Warning';
	/** Why, in one CamelCase word. */
	reason: string;
	/** For people; cut at 1,024 characters. */
	message: string;
	/** What was done or tried, in one CamelCase word. */
	action: string;
};

export type Recorder = { event(about: KubeObject, text: EventText): Promise<void> };
export type RecorderOptions = { component: string; instance?: string; onError?: (error: unknown) => void; clock?: Clock };

type Series = { name: string; namespace: string; count: number; seenAt: number; writtenAt: number };

const MAX_NOTE = 1024;
const SERIES_ENDS_MS = 6 * 60_000;
const MAX_SERIES = 1000;

export function createRecorder(transport: Transport, options: RecorderOptions): Recorder {
	const { component, instance = component, onError = () => undefined, clock = systemClock } = options;
	const known = new Map<string, Series>();

	async function begin(about: KubeObject, text: EventText, series: Series): Promise<void> {
		const { name, namespace, uid, resourceVersion } = about.metadata;
		await create(transport, resources.events, {
			apiVersion: apiVersionOf(resources.events),
			kind: 'Event',
			metadata: { name: series.name, namespace: series.namespace },
			eventTime: microTime(clock.wall()),
			type: text.type,
			reason: text.reason,
			action: text.action,
			note: text.message.length > MAX_NOTE ? `${text.message.slice(0, MAX_NOTE - 1)}…` : text.message,
			reportingController: component,
			reportingInstance: instance,
			regarding: {
				apiVersion: about.apiVersion,
				kind: about.kind,
				name,
				...(namespace === undefined ? {} : { namespace }),
				...(uid === undefined ? {} : { uid }),
				...(resourceVersion === undefined ? {} : { resourceVersion }),
			},
		});
	}

	async function goOn(about: KubeObject, text: EventText, series: Series): Promise<void> {
		const isPowerOfTwo = (series.count & (series.count - 1)) === 0;
		if (!isPowerOfTwo && clock.now() - series.writtenAt < 60_000) return;
		series.writtenAt = clock.now();
		const patch = { series: { count: series.count, lastObservedTime: microTime(clock.wall()) } };
		try {
			await patchMerge(transport, resources.events, series, patch);
		} catch (error) {
			// Events live an hour on the server: a series that outlived its event begins again.
			if (!isNotFound(error)) throw error;
			await begin(about, text, series);
		}
	}

	/** The series this event belongs to; the longest unused ones are forgotten. */
	function seriesOf(about: KubeObject, { type, reason, message, action }: EventText): Series {
		const key = JSON.stringify([
			about.kind,
			about.metadata.namespace,
			about.metadata.name,
			about.metadata.uid,
			type,
			reason,
			action,
			message,
		]);
		const now = clock.now();
		const previous = known.get(key);
		const isOver = previous === undefined || now - previous.seenAt > SERIES_ENDS_MS;
		const name = `${about.metadata.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`;
		const series = isOver ? { name, namespace: about.metadata.namespace ?? 'default', count: 0, seenAt: now, writtenAt: now } : previous;
		series.count += 1;
		series.seenAt = now;
		known.delete(key);
		known.set(key, series);
		const oldest = known.size > MAX_SERIES ? known.keys().next().value : undefined;
		if (oldest !== undefined) known.delete(oldest);
		return series;
	}

	return {
		async event(about, text) {
			const series = seriesOf(about, text);
			try {
				await (series.count === 1 ? begin(about, text, series) : goOn(about, text, series));
			} catch (error) {
				onError(error);
			}
		},
	};
}
