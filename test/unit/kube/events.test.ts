import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KubeError } from '../../../kube/errors.ts';
import { createRecorder, type EventText } from '../../../kube/events.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { configMap } from './builders.ts';
import { FakeClock } from './fake-clock.ts';

const failing: EventText = { type: 'Warning', reason: 'ApplyFailed', message: 'the API server is away', action: 'Reconcile' };

type Sent = { method: string; path: string; body: Record<string, unknown> };

function recording(answer: (sent: Sent) => void = () => undefined) {
	const sent: Sent[] = [];
	const errors: unknown[] = [];
	const clock = new FakeClock();
	const transport: Transport = {
		async request<T>({ method, path, body }: KubeRequest) {
			const call = { method, path, body: body as Record<string, unknown> };
			sent.push(call);
			answer(call);
			return body as T;
		},
		watch() {
			throw new Error('events are not watched');
		},
		close: async () => undefined,
	};
	const recorder = createRecorder(transport, {
		component: 'runevault-operator',
		instance: 'operator-0',
		clock,
		onError: error => errors.push(error),
	});
	return { recorder, sent, errors, clock };
}

describe('events', () => {
	it('[KUB-21] an event names its object, and is cut to what the API takes', async () => {
		const { recorder, sent } = recording();
		await recorder.event(configMap('a', 7), { ...failing, message: 'x'.repeat(5000) });
		const { note, metadata, ...rest } = sent[0]?.body ?? {};
		assert.equal((note as string).length, 1024);
		assert.match((metadata as { name: string }).name, /^a\.[0-9a-f]{16}$/);
		assert.deepEqual(rest, {
			apiVersion: 'events.k8s.io/v1',
			kind: 'Event',
			eventTime: '2026-01-02T03:04:05.678000Z',
			type: 'Warning',
			reason: 'ApplyFailed',
			action: 'Reconcile',
			reportingController: 'runevault-operator',
			reportingInstance: 'operator-0',
			regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'rune', uid: 'uid-of-a', resourceVersion: '7' },
		});
	});

	it('[KUB-21] the same event again becomes a series with few writes', async () => {
		const { recorder, sent, clock } = recording();
		for (let count = 0; count < 1000; count += 1) {
			await recorder.event(configMap('a', 7 + count), failing);
			await clock.advance(1000);
		}
		assert.equal(sent.filter(({ method }) => method === 'POST').length, 1);
		assert.ok(sent.length < 30, `${sent.length} writes for 1,000 events`);
		assert.ok(((sent.at(-1)?.body.series as { count: number } | undefined)?.count ?? 0) > 900);
	});

	it('[KUB-21] another message, and the same one much later, are new events', async () => {
		const { recorder, sent, clock } = recording();
		await recorder.event(configMap('a', 7), failing);
		await recorder.event(configMap('a', 7), { ...failing, message: 'it is back' });
		await clock.advance(7 * 60_000);
		await recorder.event(configMap('a', 7), failing);
		assert.deepEqual(
			sent.map(({ method }) => method),
			['POST', 'POST', 'POST'],
		);
	});

	it('[KUB-21] a series whose event the server has dropped begins again; no failure is thrown', async () => {
		const { recorder, sent, errors } = recording(({ method }) => {
			if (method === 'PATCH') throw new KubeError(404, 'NotFound', 'gone');
			if (sent.length > 3) throw new KubeError(403, 'Forbidden', 'no events in a terminating namespace');
		});
		await recorder.event(configMap('a', 7), failing);
		await recorder.event(configMap('a', 7), failing);
		assert.deepEqual([sent.map(({ method }) => method), errors.length], [['POST', 'PATCH', 'POST'], 0]);
		await recorder.event(configMap('b', 7), failing);
		assert.equal(errors.length, 1);
	});
});
