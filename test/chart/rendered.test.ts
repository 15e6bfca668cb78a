/** What the operator's chart renders in each named scenario. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { KubeObject } from '../../kube/resources.ts';
import { OPERATOR_NAMESPACE, parseObjects, renderText } from './render.ts';
import { CLOUDS, DIGEST, SCENARIOS } from './scenarios.ts';

const rendered = new Map<string, KubeObject[]>();
before(async () => {
	for (const [name, args] of Object.entries(SCENARIOS)) rendered.set(name, parseObjects(await renderText('runevault', args)));
});

const all = (scenario: string): KubeObject[] => rendered.get(scenario) ?? [];
const kinds = (scenario: string): string[] => all(scenario).map(({ kind }) => kind);
function one(scenario: string, kind: string) {
	const found = all(scenario).filter(each => each.kind === kind);
	assert.equal(found.length, 1, `${kind} in ${scenario}`);
	return Object(found[0]);
}
const podOf = (scenario: string) => one(scenario, 'Deployment').spec.template.spec;
const imageOf = (scenario: string): string => podOf(scenario).containers[0].image;
const CLUSTER_KINDS = ['ClusterRole', 'ClusterRoleBinding', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];

describe('the rendered chart', () => {
	for (const scenario of Object.keys(SCENARIOS)) {
		it(`[CHT-3] ${scenario}: every object has its place, the labels of the release, and a name of its own`, () => {
			const objects = all(scenario);
			const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
			assert.deepEqual(names, [...new Set(names)]);
			for (const { kind, metadata } of objects) {
				assert.equal(metadata.namespace === undefined, CLUSTER_KINDS.includes(kind), `${kind} ${metadata.name}`);
				assert.equal(metadata.labels?.['app.kubernetes.io/managed-by'], 'Helm', `${kind} ${metadata.name}`);
			}
		});

		it(`[CHT-3] ${scenario}: every container is restricted and has requests and a memory limit`, () => {
			const pods = all(scenario).flatMap(({ kind, spec }) =>
				kind === 'Pod' ? [Object(spec)] : kind === 'Deployment' ? [Object(spec).template.spec] : [],
			);
			assert.equal(pods.length, 2);
			for (const { securityContext, containers } of pods) {
				assert.equal(securityContext.runAsNonRoot, true);
				assert.deepEqual(securityContext.seccompProfile, { type: 'RuntimeDefault' });
				for (const container of containers) {
					const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext;
					assert.deepEqual([allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities.drop], [false, true, ['ALL']]);
					assert.ok(container.resources.requests.cpu && container.resources.requests.memory && container.resources.limits.memory);
				}
			}
		});

		it(`[CHT-3] ${scenario}: roles, bindings and pods speak of one account`, () => {
			const account = podOf(scenario).serviceAccountName;
			for (const { kind, subjects } of all(scenario) as (KubeObject & { subjects?: unknown })[]) {
				if (!kind.endsWith('RoleBinding')) continue;
				assert.deepEqual(subjects, [{ kind: 'ServiceAccount', name: account, namespace: OPERATOR_NAMESPACE }]);
			}
			assert.equal(Object(all(scenario).find(({ kind }) => kind === 'Pod')?.spec).serviceAccountName, account);
		});
	}

	it('[CHT-4] default: cluster-wide, two pods that prefer other nodes and zones, a budget, closed to all but metrics', () => {
		assert.ok(kinds('default').includes('ClusterRole'));
		assert.equal(one('default', 'Deployment').spec.replicas, 2);
		assert.equal(one('default', 'PodDisruptionBudget').spec.maxUnavailable, 1);
		const { affinity, topologySpreadConstraints } = podOf('default');
		assert.equal(
			affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey,
			'kubernetes.io/hostname',
		);
		assert.equal(topologySpreadConstraints[0].topologyKey, 'topology.kubernetes.io/zone');
		const { policyTypes, ingress } = one('default', 'NetworkPolicy').spec;
		assert.deepEqual(policyTypes, ['Ingress']);
		assert.deepEqual(
			ingress.map(({ ports }: { ports: unknown }) => ports),
			[[{ protocol: 'TCP', port: 8080 }]],
		);
	});

	it('[CHT-4] namespaced: a Role in each namespace with the very rules of the ClusterRole, and nothing of the cluster', () => {
		assert.deepEqual(
			kinds('namespaced').filter(kind => CLUSTER_KINDS.includes(kind)),
			[],
		);
		const wide = all('default').find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'runevault-system-runevault');
		const roles = all('namespaced').filter(({ kind, metadata }) => kind === 'Role' && metadata.name === 'runevault-watch');
		assert.deepEqual(
			roles.map(({ metadata }) => metadata.namespace),
			['one', 'two'],
		);
		for (const role of roles) assert.deepEqual(Object(role).rules, Object(wide).rules);
		const env = podOf('namespaced').containers[0].env as { name: string; value?: string }[];
		assert.equal(env.find(({ name }) => name === 'WATCH_NAMESPACES')?.value, 'one,two');
	});

	it('[CHT-4] namespaced with cluster reads: one ClusterRole that only reads', () => {
		const { rules } = one('namespaced with cluster reads', 'ClusterRole');
		assert.deepEqual([...new Set(rules.flatMap(({ verbs }: { verbs: string[] }) => verbs))].sort(), ['get', 'list', 'watch']);
	});

	it('[CHT-4] digest: operator, Vaults and test run what has it', () => {
		const image = `localhost/runevault@${DIGEST}`;
		const env = podOf('digest').containers[0].env as { name: string; value?: string }[];
		assert.equal(imageOf('digest'), image);
		assert.equal(env.find(({ name }) => name === 'OPERATOR_IMAGE')?.value, image);
		assert.equal(one('digest', 'Pod').spec.containers[0].image, image);
	});

	it('[CHT-4] single: no budget, which would hold up every drain', () => assert.ok(!kinds('single').includes('PodDisruptionBudget')));

	it('[CHT-4] highly available: replicas, priority and budget as told', () => {
		assert.equal(one('highly available', 'Deployment').spec.replicas, 3);
		assert.equal(podOf('highly available').priorityClassName, 'system-cluster-critical');
		assert.equal(one('highly available', 'PodDisruptionBudget').spec.maxUnavailable, '50%');
	});

	it('[CHT-4] closed: DNS, the API server and the internal port of Vaults are all that may be called', () => {
		const { policyTypes, egress } = one('closed', 'NetworkPolicy').spec;
		assert.deepEqual(policyTypes, ['Ingress', 'Egress']);
		const ports = egress.flatMap((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port));
		assert.deepEqual(ports, [53, 53, 443, 6443, 9443]);
	});

	it('[CHT-4] open: neither policy, budget nor roles for people', () => {
		for (const kind of ['NetworkPolicy', 'PodDisruptionBudget']) assert.ok(!kinds('open').includes(kind), kind);
		assert.ok(!all('open').some(({ metadata }) => /-(view|edit)$/.test(metadata.name)));
	});

	it('[CHT-4] own account: it is not made, and used', () => {
		assert.ok(!kinds('own account').includes('ServiceAccount'));
		assert.equal(podOf('own account').serviceAccountName, 'mine');
		assert.equal(one('own account', 'Deployment').metadata.name, 'keeper');
	});

	it('[CHT-4] policies: each is bound to deny, and knows the operator by its account', () => {
		const bindings = all('policies').filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
		assert.equal(bindings.length, 4);
		for (const { spec } of bindings) assert.deepEqual(Object(spec).validationActions, ['Deny']);
		assert.match(JSON.stringify(all('policies')), /system:serviceaccount:runevault-system:runevault/);
		assert.ok(!kinds('default').includes('ValidatingAdmissionPolicy'));
	});

	for (const cloud of CLOUDS) {
		it(`[CHT-4] ${cloud}: the image comes from the registry of its values`, () => assert.doesNotMatch(imageOf(cloud), /^localhost/));
	}
});
