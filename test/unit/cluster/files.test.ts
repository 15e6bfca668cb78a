import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { hierarchies } from '../../cluster/cgroups.ts';
import { apiServer, box, controllers, nodeAgents } from '../../cluster/components.ts';
import { expectedProcesses } from '../../cluster/health.ts';
import { renderKubeconfig } from '../../cluster/kubeconfig.ts';
import { networkDown, networkUp } from '../../cluster/network.ts';
import { renderContainerd, renderKubelet, renderNetwork } from '../../cluster/node-files.ts';
import { planNodes } from '../../cluster/plan.ts';
import { parseStartTicks } from '../../cluster/processes.ts';

const nodes = planNodes(2);
const [node] = nodes;
assert.ok(node);

describe("a node's files", () => {
	it("hold the kubelet to the node's own control group, socket and certificate", () => {
		const kubelet = parse(renderKubelet(node)) as Record<string, unknown>;
		assert.equal(kubelet.cgroupRoot, '/runevault/node1');
		assert.equal(kubelet.cgroupDriver, 'cgroupfs');
		assert.match(String(kubelet.containerRuntimeEndpoint), /^unix:\/\/\/.*\/node1\/containerd\.sock$/);
		assert.match(String(kubelet.tlsCertFile), /node1\.crt$/);
		assert.deepEqual([kubelet.failCgroupV1, kubelet.failSwapOn], [false, false]);
	});

	it("leave the kubelet's sync frequency alone: what works here must work elsewhere", () => {
		assert.doesNotMatch(renderKubelet(node), /syncFrequency|ChangeDetectionStrategy/);
	});

	it("give pods addresses of the node's range", () => {
		const network = JSON.parse(renderNetwork(node)) as { plugins: { type: string; ipam?: { ranges: unknown } }[] };
		assert.deepEqual(network.plugins[0]?.ipam?.ranges, [[{ subnet: '10.90.1.0/24' }]]);
	});

	it('make containerd use our pause image and raise no priorities', () => {
		assert.match(renderContainerd(node), /^sandbox_image = "localhost\/pause:1"$/m);
		assert.match(renderContainerd(node), /^restrict_oom_score_adj = true$/m);
	});
});

describe('command lines', () => {
	it('put everything of a node into its box', () => {
		for (const { command } of nodeAgents(node, 42)) {
			assert.deepEqual(command.slice(0, 4), [
				'nsenter',
				'--net=/proc/42/ns/net',
				'--mount=/proc/42/ns/mnt',
				'--pid=/proc/42/ns/pid_for_children',
			]);
		}
	});

	it('make a box whose end is the end of all in it', () =>
		assert.ok(['--pid', '--mount', '--kill-child'].every(flag => box(node).command.includes(flag))));

	it('let the API server find kubelets by address', () => {
		assert.ok(apiServer().command.includes('--kubelet-preferred-address-types=InternalIP'));
	});

	it("leave the nodes' pod ranges to the plan", () => {
		assert.ok(controllers()[0]?.command.includes('--controllers=*,-node-ipam-controller'));
	});

	it('expect every process that a cluster has', () => assert.equal(expectedProcesses(3).length, 5 + 3 * 4));
});

describe('the network', () => {
	it('[CLU-30] routes every node to the pods of every other', () => {
		const routes = networkUp(planNodes(3)).filter(
			command => command[2] === 'runevault-node2' && command[3] === 'route' && command[5] !== 'default',
		);
		assert.deepEqual(
			routes.map(command => command.slice(4).join(' ')),
			['add 10.90.1.0/24 via 10.89.0.11', 'add 10.90.3.0/24 via 10.89.0.13'],
		);
	});

	it('leads this machine to Service addresses through the gateway', () => {
		assert.ok(networkUp(nodes).some(command => command.join(' ') === 'ip route add 10.91.0.0/16 via 10.89.0.5'));
	});

	it('[CLU-33] removes every link and namespace that it made', () => {
		const up = networkUp(nodes).map(command => command.join(' '));
		const down = networkDown(nodes, () => true).map(command => command.join(' '));
		for (const link of ['rv0', 'rv-node1', 'rv-node2', 'rv-gateway']) {
			assert.ok(
				up.some(line => line.startsWith(`ip link add ${link} `)),
				link,
			);
			assert.ok(down.includes(`ip link delete ${link}`), link);
		}
		for (const name of ['runevault-node1', 'runevault-node2', 'runevault-gateway'])
			assert.ok(down.includes(`ip netns delete ${name}`), name);
	});

	it('[CLU-33] removes nothing that is not there', () =>
		assert.deepEqual(
			networkDown(nodes, () => false),
			[],
		));
});

describe('a kubeconfig', () => {
	it('has everything in it', () => {
		const bytes = (text: string) => new TextEncoder().encode(text);
		const text = renderKubeconfig('https://127.0.0.1:6443', 'admin', { authority: bytes('a'), certificate: bytes('b'), key: bytes('c') });
		const config = parse(text) as { clusters: { cluster: Record<string, string> }[]; 'current-context': string };
		assert.deepEqual(config.clusters[0]?.cluster, { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'YQ==' });
		assert.equal(config['current-context'], 'runevault');
	});
});

describe('control group hierarchies', () => {
	it('are one a controller in version 1, beside which the unified one does not count', () => {
		const mounts =
			'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n';
		assert.deepEqual(hierarchies(mounts), ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/pids']);
	});

	it('are one in version 2', () => assert.deepEqual(hierarchies('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n'), ['/sys/fs/cgroup']));

	it('are none on a machine without', () => assert.deepEqual(hierarchies('/dev/vda / ext4 rw 0 0\n'), []));
});

describe("a process's identity", () => {
	const fields = (state: string) => `12 (a (b) c) ${state} ${Array.from({ length: 40 }, (_, index) => index).join(' ')}`;

	it('[CLU-33] is its start time, whatever its name holds', () => assert.equal(parseStartTicks(fields('S')), '18'));

	it('[CLU-33] is none for a zombie', () => assert.equal(parseStartTicks(fields('Z')), undefined));
});
