/** The real Prometheus Operator with one real Prometheus in a namespace of the cluster, which looks at all ServiceMonitors and rules. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { moduleDirectory } from '../install/go-module.ts';
import { createNamespace, type Target } from '../install/installation.ts';
import { getObject, type Kubectl } from '../install/kubectl.ts';
import { PROMETHEUS_OPERATOR } from '../install/monitoring-crds.ts';
import { reachPod } from '../install/reach.ts';
import { until } from '../install/run.ts';
import { imageOf, loadImages } from './images.ts';
import { createPrometheus, type Prometheus } from './prometheus.ts';

type Manifest = { kind: string; metadata: Record<string, unknown> } & Record<string, unknown>;

export type Stack = {
	/**
	 * A Prometheus with all ServiceMonitors and rules that are there. Of those that come later it may take minutes to hear: its reloader was
	 * seen to miss that its files had changed, and looks again every three minutes.
	 */
	startPrometheus(): Promise<Prometheus>;
	remove(): Promise<void>;
};

const POD = 'prometheus-main-0';

async function readManifests(directory: string): Promise<Manifest[]> {
	const files = (await readdir(directory)).filter(file => file.endsWith('.yaml')).sort();
	return Promise.all(files.map(async file => parse(await readFile(join(directory, file), 'utf8')) as Manifest));
}

const applyAll = (kubectl: Kubectl, objects: readonly object[]): Promise<string> =>
	kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: objects.map(each => JSON.stringify(each)).join('\n') });

/** The manifests of the Prometheus Operator, with our images, in our namespace, watching all. */
function operatorObjects(manifests: readonly Manifest[], namespace: string): object[] {
	const kept = manifests.filter(({ kind }) => ['ClusterRole', 'ClusterRoleBinding', 'ServiceAccount', 'Deployment'].includes(kind));
	return kept.map(object => {
		const moved = JSON.parse(JSON.stringify(object).replaceAll('"namespace":"default"', `"namespace":"${namespace}"`));
		if (object.kind !== 'Deployment') return moved;
		const [container] = moved.spec.template.spec.containers;
		container.image = imageOf('operator');
		container.resources = {};
		container.args = [
			`--prometheus-config-reloader=${imageOf('reloader')}`,
			`--prometheus-default-base-image=${imageOf('prometheus')}`,
			'--config-reloader-cpu-limit=0',
			'--config-reloader-cpu-request=0',
		];
		return moved;
	});
}

function prometheusObjects(namespace: string): object[] {
	const metadata = { name: 'main', namespace };
	const role = `${namespace}-prometheus`;
	const all = { serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}, ruleSelector: {}, ruleNamespaceSelector: {} };
	return [
		{ apiVersion: 'v1', kind: 'ServiceAccount', metadata },
		{
			...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: role } },
			rules: [
				{ apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] },
				{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
			],
		},
		{
			...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: role } },
			roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
			subjects: [{ kind: 'ServiceAccount', name: 'main', namespace }],
		},
		{
			...{ apiVersion: 'monitoring.coreos.com/v1', kind: 'Prometheus', metadata },
			spec: {
				...all,
				image: imageOf('prometheus'),
				version: 'v3.16.0',
				serviceAccountName: 'main',
				serviceDiscoveryRole: 'EndpointSlice',
				scrapeInterval: '1s',
				evaluationInterval: '1s',
				containers: [
					{ name: 'prometheus', startupProbe: { periodSeconds: 1, failureThreshold: 120 }, readinessProbe: { periodSeconds: 1 } },
				],
			},
		},
	];
}

/** Installs the Prometheus Operator. It needs the programs of `make cluster-build`. */
export async function installStack({ kubectl, isRoutable }: Target, namespace: string): Promise<Stack> {
	await loadImages();
	const example = join(await moduleDirectory(PROMETHEUS_OPERATOR), 'example');
	const crds = await readManifests(join(example, 'prometheus-operator-crd'));
	const own = operatorObjects(await readManifests(join(example, 'rbac', 'prometheus-operator')), namespace);
	await createNamespace(kubectl, namespace);
	await applyAll(kubectl, crds);
	const names = crds.map(({ metadata }) => `crd/${metadata.name}`);
	await kubectl(['wait', '--for=condition=Established', ...names, '--timeout=30s']);
	await applyAll(kubectl, own);
	const instance = prometheusObjects(namespace);
	let close: () => void = () => undefined;
	return {
		async startPrometheus() {
			await applyAll(kubectl, instance);
			await until('a Prometheus that is ready', () => isReady(kubectl, namespace), 180_000);
			const port = await reachPod({ kubectl, isRoutable }, namespace, POD, 9090);
			close = () => port.close();
			return createPrometheus(`http://${port.host}:${port.port}`);
		},
		async remove() {
			close();
			const clusterWide = [...own, ...instance].filter(each => /ClusterRole/.test((each as Manifest).kind));
			await kubectl(['delete', '--ignore-not-found', '-f', '-'], { input: clusterWide.map(each => JSON.stringify(each)).join('\n') });
			await kubectl(['delete', '--ignore-not-found', ...names]);
			await kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
		},
	};
}

async function isReady(kubectl: Kubectl, namespace: string): Promise<boolean> {
	const status = (await getObject(kubectl, 'pod', POD, namespace))?.status;
	const conditions = z.array(z.object({ type: z.string(), status: z.string() })).parse(status?.conditions ?? []);
	return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
