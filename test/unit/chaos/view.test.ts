import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crowded, type LaneView, lack, podView } from '../../chaos/view.ts';

const condition = (type: 'Ready' | 'StandbyReady' | 'Progressing' | 'Degraded', status: 'True' | 'False', observedGeneration = 2) => ({
	...{ type, status, observedGeneration, lastTransitionTime: '2026-11-25T00:00:00Z', reason: 'Because', message: 'so' },
});
const pod = (name: string, node: string, isReady = true) => ({ name, node, address: '10.90.1.2', isReady });

const whole: LaneView = {
	generation: 2,
	replicas: 3,
	pods: [pod('acme-0', 'node1'), pod('acme-1', 'node2'), pod('acme-2', 'node3')],
	status: {
		primary: { pod: 'acme-0', epoch: 5, since: '2026-11-25T00:00:00Z' },
		conditions: [
			condition('Ready', 'True'),
			condition('StandbyReady', 'True'),
			condition('Progressing', 'False'),
			condition('Degraded', 'False'),
		],
	},
};

describe('a lane', () => {
	it('is whole', () => assert.equal(lack(whole, 5), undefined));

	const progressing: LaneView['status'] = {
		...whole.status,
		conditions: (whole.status.conditions ?? []).map(each => (each.type === 'Progressing' ? condition('Progressing', 'True') : each)),
	};

	const incomplete: readonly (readonly [string, LaneView, number, RegExp])[] = [
		['with a pod that is not ready', { ...whole, pods: [pod('acme-0', 'node1', false), ...whole.pods.slice(1)] }, 5, /2 of 3 pods/],
		['with a pod too few', { ...whole, pods: whole.pods.slice(1) }, 5, /2 of 3 pods/],
		['judged from an older spec', { ...whole, generation: 3 }, 5, /present spec/],
		['whose status does not know the newest epoch', whole, 6, /epoch 5, clients are at 6/],
		['that is progressing', { ...whole, status: progressing }, 5, /Progressing=True: Because/],
	];
	for (const [what, view, epoch, expected] of incomplete) {
		it(`${what} is not`, () => assert.match(lack(view, epoch) ?? '', expected));
	}

	const nodes = ['node1', 'node2', 'node3'];
	it('is not crowded with a pod on each node', () => assert.equal(crowded(whole, nodes), undefined));
	it('gives up a standby that shares its node while another node is free', () => {
		const view = { ...whole, pods: [pod('acme-0', 'node1'), pod('acme-1', 'node1'), pod('acme-2', 'node3')] };
		assert.equal(crowded(view, nodes), 'acme-1');
		assert.equal(crowded(view, ['node1', 'node3']), undefined);
	});
});

describe('a pod', () => {
	const object = {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: { name: 'acme-0' },
		spec: { nodeName: 'node1' },
		status: { podIP: '10.90.1.2', conditions: [{ type: 'Ready', status: 'True' }] },
	};
	it('is ready when it says so', () => assert.deepEqual(podView(object), pod('acme-0', 'node1')));
	it('is not ready while it is being deleted', () => {
		const deleted = { ...object, metadata: { name: 'acme-0', deletionTimestamp: '2026-11-25T00:00:00Z' } };
		assert.equal(podView(deleted).isReady, false);
	});
});
