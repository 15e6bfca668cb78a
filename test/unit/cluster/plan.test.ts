import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_NODES, planNodes } from '../../cluster/plan.ts';

describe('the plan of a cluster', () => {
	it('[CLU-30] gives each node a name, a cable, an address and a range of pods of its own', () => {
		const nodes = planNodes(3);
		assert.deepEqual(nodes[2], {
			name: 'node3',
			namespace: 'runevault-node3',
			link: 'rv-node3',
			address: '10.89.0.13',
			podCidr: '10.90.3.0/24',
			cgroup: '/runevault/node3',
		});
		for (const key of ['name', 'namespace', 'link', 'address', 'podCidr', 'cgroup'] as const) {
			assert.equal(new Set(nodes.map(node => node[key])).size, 3, key);
		}
	});

	it('names links as the kernel allows: at most 15 characters', () => {
		for (const node of planNodes(MAX_NODES)) assert.ok(node.link.length <= 15);
	});

	for (const count of [0, -1, 1.5, Number.NaN, MAX_NODES + 1]) {
		it(`refuses ${count} nodes`, () => assert.throws(() => planNodes(count), /NODES must be 1 to 9/));
	}
});
