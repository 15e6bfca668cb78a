/** An appointment on news that is old: the caches say one thing, the API server another. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KubeError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { moveOn } from '../../../operator/reconcile/appoint.ts';
import { StatusWriter } from '../../../operator/reconcile/write-status.ts';
import * as build from './builders.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/rune/leases/acme-primary';
const podPath = (ordinal: number) => `/api/v1/namespaces/rune/pods/acme-${ordinal}`;

const lease = (holderIdentity: string, leaseTransitions: number): KubeObject => ({
	apiVersion: 'coordination.k8s.io/v1',
	kind: 'Lease',
	metadata: { name: 'acme-primary', namespace: 'rune', resourceVersion: '5', labels: { kept: 'yes' } },
	spec: { holderIdentity, leaseTransitions, leaseDurationSeconds: 15, unknownField: 1 },
});
const livePod = (ordinal: number, over: Partial<KubeObject['metadata']> = {}, ready = 'True'): KubeObject => ({
	apiVersion: 'v1',
	kind: 'Pod',
	metadata: { name: `acme-${ordinal}`, namespace: 'rune', uid: `pod-${ordinal}`, ...over },
	status: { podIP: `10.0.0.${ordinal + 1}`, conditions: [{ type: 'Ready', status: ready }] },
});

/** An API server that has these objects; `conflicts` of the next writes come too late. */
class Live implements Transport {
	readonly objects: Record<string, KubeObject>;
	readonly writes: KubeRequest[] = [];
	conflicts = 0;
	constructor(objects: Record<string, KubeObject>) {
		this.objects = objects;
	}
	async request<T>(request: KubeRequest): Promise<T> {
		if (request.method === 'GET') {
			const found = this.objects[request.path];
			if (found === undefined) throw new KubeError(404, 'NotFound', 'not found');
			return found as T;
		}
		if (this.conflicts-- > 0) throw new KubeError(409, 'Conflict', 'somebody else wrote first');
		this.writes.push(request);
		return request.body as T;
	}
	watch(): never {
		throw new Error('nothing is watched here');
	}
	async close(): Promise<void> {
		return undefined;
	}
}

const gone: build.Modifier = before => ({ ...before, pods: before.pods.slice(1) });
const hung = build.withProbe(0, { failures: 3, isDown: true });

async function move(live: Live, ...modifiers: build.Modifier[]) {
	const notes: string[] = [];
	const effects = {
		transport: live,
		statusWriter: new StatusWriter(live),
		note: ({ reason }: { reason: string }) => void notes.push(reason),
	};
	const choice = await moveOn(build.facts(...modifiers), effects);
	return { to: choice?.to.name, notes };
}

describe('an appointment', () => {
	it('[OPR-31] writes the standby into the Lease, under the next epoch, and keeps what else is there', async () => {
		const live = new Live({ [LEASE]: lease('acme-0', 7), [podPath(1)]: livePod(1) });
		assert.deepEqual(await move(live, gone), { to: 'acme-1', notes: ['FailoverStarted'] });
		const written = live.writes[0]?.body as KubeObject;
		const { holderIdentity, leaseTransitions, unknownField, renewTime } = Object(written.spec);
		assert.deepEqual([holderIdentity, leaseTransitions, unknownField, written.metadata.resourceVersion], ['acme-1', 8, 1, '5']);
		assert.match(renewTime, /^\d{4}-.*\.\d{6}Z$/);
		assert.deepEqual(written.metadata.labels, { kept: 'yes' });
	});

	it('[OPR-34] is not made when the primary that the caches miss is there after all', async () => {
		const live = new Live({ [LEASE]: lease('acme-0', 7), [podPath(1)]: livePod(1), [podPath(0)]: livePod(0) });
		assert.deepEqual(await move(live, build.withPod(0, { isDeleting: true })), { to: undefined, notes: [] });
		assert.equal(live.writes.length, 0);
	});

	it('[OPR-34] is not made when the Lease has moved meanwhile, was released, or is gone', async () => {
		for (const found of [lease('acme-2', 8), lease('', 7), undefined]) {
			const live = new Live({ ...(found === undefined ? {} : { [LEASE]: found }), [podPath(1)]: livePod(1) });
			assert.deepEqual(await move(live, hung), { to: undefined, notes: [] });
			assert.equal(live.writes.length, 0);
		}
	});

	it('[OPR-34] is not made when the standby is not what it was: another pod of its name, on the way out, or not ready', async () => {
		for (const found of [
			livePod(1, { uid: 'other' }),
			livePod(1, { deletionTimestamp: '2026-03-01T12:00:00Z' }),
			livePod(1, {}, 'False'),
		]) {
			const live = new Live({ [LEASE]: lease('acme-0', 7), [podPath(1)]: found });
			assert.equal((await move(live, hung)).to, undefined);
		}
	});

	it('[OPR-31] is made again when the holder renewed in between', async () => {
		const live = new Live({ [LEASE]: lease('acme-0', 7), [podPath(1)]: livePod(1) });
		live.conflicts = 2;
		assert.equal((await move(live, hung)).to, 'acme-1');
	});

	it('tells a switchover from a failover', async () => {
		const live = new Live({ [LEASE]: lease('acme-0', 7), [podPath(2)]: livePod(2) });
		assert.deepEqual(await move(live, before => ({ ...before, target: 'acme-2' })), { to: 'acme-2', notes: ['SwitchoverStarted'] });
	});
});
