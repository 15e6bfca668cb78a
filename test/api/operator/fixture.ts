/**
 * A real API server with the CRD and the rights of the chart, and operators in this process on it. Nothing runs pods or Jobs here: `FakeNode`
 * plays the kubelet, the StatefulSet controller, the keygen Job and the Vaults' own Lease and route, by writing what they would write.
 */
import { pino } from 'pino';
import { buildCrds } from '../../../crds/crd.ts';
import { type RuneVault, resource as runeVaults } from '../../../crds/runevault.ts';
import { apply } from '../../../kube/apply.ts';
import type { Clock } from '../../../kube/clock.ts';
import { create, get, patchMerge } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { createTransport, type Transport } from '../../../kube/transport.ts';
import { readConfig } from '../../../operator/config.ts';
import { createMetrics, type Metrics } from '../../../operator/metrics.ts';
import type { Ask } from '../../../operator/observe/probe.ts';
import { createOperator, type Operator } from '../../../operator/operator.ts';
import { issue } from '../../../operator/tls/issue.ts';
import { OPERATOR_NAMESPACE, parseObjects, renderText } from '../../chart/render.ts';
import { until } from '../../install/run.ts';
import { type ApiServer, startApiServer } from '../harness.ts';
import { type Kill, type Mortal, mortal } from './mortal.ts';

export { OPERATOR_NAMESPACE };

const OPERATOR_USER = `system:serviceaccount:${OPERATOR_NAMESPACE}:runevault`;
const clusterScoped = (group: string, plural: string, kind: string): Resource => ({
	group,
	version: 'v1',
	plural,
	kind,
	namespaced: false,
});

/** Kinds of the chart, by name. */
const CHART_RESOURCES: Record<string, Resource> = {
	ClusterRole: clusterScoped('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole'),
	ClusterRoleBinding: clusterScoped('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding'),
	Deployment: resources.deployments,
	NetworkPolicy: resources.networkPolicies,
	PodDisruptionBudget: resources.podDisruptionBudgets,
	Role: resources.roles,
	RoleBinding: resources.roleBindings,
	Service: resources.services,
	ServiceAccount: resources.serviceAccounts,
	ValidatingAdmissionPolicy: clusterScoped('admissionregistration.k8s.io', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy'),
	ValidatingAdmissionPolicyBinding: clusterScoped(
		'admissionregistration.k8s.io',
		'validatingadmissionpolicybindings',
		'ValidatingAdmissionPolicyBinding',
	),
};

/** Applies what the chart renders. */
export async function applyChart(transport: Transport, ...args: string[]): Promise<void> {
	for (const object of await renderChart(...args)) {
		await applyAs(transport, object, CHART_RESOURCES[object.kind] ?? resources.services);
	}
}

/** What `helm template` makes of the operator's chart, without its test. */
export async function renderChart(...args: string[]): Promise<KubeObject[]> {
	return parseObjects(await renderText('runevault', ['--skip-tests', ...args]));
}

export const applyAs = (transport: Transport, object: KubeObject, resource: Resource) =>
	apply(transport, resource, object, { fieldManager: 'test', force: true });

/** Applies CRDs, and resolves when their kinds are served. */
export async function installCrds(transport: Transport, crds: readonly KubeObject[]): Promise<void> {
	for (const crd of crds) {
		await applyAs(transport, crd, resources.customResourceDefinitions);
		await until(`${crd.metadata.name} is established`, async () => {
			const found = await get(transport, resources.customResourceDefinitions, { name: crd.metadata.name });
			return JSON.stringify(found?.status).includes('"type":"Established"');
		});
	}
}

export class World {
	readonly api: ApiServer;
	readonly admin: Transport;

	private constructor(api: ApiServer) {
		this.api = api;
		this.admin = createTransport(api.config);
	}

	static async start(controllers: string[] = []): Promise<World> {
		const world = new World(await startApiServer({ controllers }));
		await world.#install();
		return world;
	}

	async stop(): Promise<void> {
		await this.admin.close();
		await this.api.stop();
	}

	async namespace(name: string): Promise<void> {
		await create(this.admin, resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
	}

	async #install(): Promise<void> {
		await installCrds(this.admin, Object.values(buildCrds()) as KubeObject[]);
		await this.namespace(OPERATOR_NAMESPACE);
		await applyChart(this.admin);
	}
}

export type OperatorRun = Pick<Mortal, 'calls' | 'writes' | 'watches' | 'arm' | 'disarm' | 'diedAt'> & {
	operator: Operator;
	metrics: Metrics;
	/** Everything it logged. */
	logged: () => string;
	/** Resolves when it has ended, by its own end, by `stop` or killed. */
	ended: Promise<void>;
	stop(): Promise<void>;
};

export type OperatorOptions = {
	ask: Ask;
	/** When it is to be killed, counted from its first call. */
	kill?: Kill;
	env?: Record<string, string>;
	/** As whom it calls the API server. */
	user?: string;
	clock?: Clock;
};

/** Runs an operator in this process until it is stopped or has died. */
export function runOperator(world: World, { ask, kill, env = {}, user = OPERATOR_USER, clock }: OperatorOptions): OperatorRun {
	const real = createTransport(world.api.as(user));
	const stop = new AbortController();
	const { transport, ...life } = mortal(real, () => stop.abort());
	if (kill !== undefined) life.arm(kill);
	const lines: string[] = [];
	const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
	const options = {
		OPERATOR_IMAGE: 'localhost/runevault:test',
		POD_NAMESPACE: OPERATOR_NAMESPACE,
		POD_NAME: `operator-${Math.trunc(performance.now())}`,
	};
	const config = readConfig({ LEADER_ELECTION: 'Disabled', ...options, ...env });
	const metrics = createMetrics(config.workers);
	const operator = createOperator({ config, transport, ask, issue, log, metrics, ...(clock && { clock }) });
	const run = async () => {
		try {
			await operator.run(stop.signal);
		} catch (error) {
			if (life.diedAt() === undefined) throw error;
		} finally {
			await real.close();
		}
	};
	const ended = run();
	return {
		...life,
		operator,
		metrics,
		logged: () => lines.join(''),
		ended,
		async stop() {
			stop.abort();
			await ended;
		},
	};
}

export type VaultName = { namespace: string; name: string };

export function applyVault(world: World, { namespace, name }: VaultName, spec: Record<string, unknown> = {}): Promise<KubeObject> {
	const object = { apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', metadata: { namespace, name }, spec: { team: 'acme', ...spec } };
	return applyAs(world.admin, object, runeVaults);
}

export const patchVault = (world: World, vault: VaultName, patch: Record<string, unknown>) =>
	patchMerge(world.admin, runeVaults, vault, patch);

export async function readVault(world: World, vault: VaultName): Promise<RuneVault> {
	const found = await get(world.admin, runeVaults, vault);
	if (found === undefined) throw new Error(`there is no RuneVault ${vault.namespace}/${vault.name}`);
	return found as RuneVault;
}

export async function conditionOf(
	world: World,
	vault: VaultName,
	type: string,
): Promise<{ status: string; reason: string; message: string } | undefined> {
	return (await readVault(world, vault)).status?.conditions?.find(condition => condition.type === type);
}

/** Waits until a condition has a status, and a reason when one is given. */
export function untilCondition(world: World, vault: VaultName, type: string, status: string, reason?: string, timeoutMs = 15_000) {
	return until(
		`${type}=${status} of ${vault.namespace}/${vault.name}`,
		async () => {
			const found = await conditionOf(world, vault, type);
			if (found?.status === status && (reason === undefined || found.reason === reason)) return found;
			throw new Error(`${found?.status} ${found?.reason}: ${found?.message}`);
		},
		timeoutMs,
		60,
	);
}
