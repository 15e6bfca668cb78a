/**
 * `plan -f FILE`: what applying the file would do, by the operator's own functions: nothing is written.
 *
 * The API server says what the RuneVault would be, or refuses it; the builders of the operator say what objects that makes; these are
 * compared with the objects there are.
 */
import { type RuneVault, type RuneVaultSpec, resource } from '../../../crds/runevault.ts';
import { get } from '../../../kube/objects.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import { desired } from '../../../operator/desired/index.ts';
import type { Inputs } from '../../../operator/desired/inputs.ts';
import { checkSpec } from '../../../operator/observe/policies.ts';
import { isPaused, pauseOf } from '../pause.ts';
import { CommandError } from '../refusals.ts';
import type { Session } from '../session.ts';
import { isReady, listPods } from '../vaults.ts';
import { dryRun, knows, readPresent } from './ask.ts';
import { changesOf } from './compare.ts';
import { forecastOf } from './forecast.ts';
import { readManifest } from './manifest.ts';
import { inputsFor, type Situation, strangers } from './present.ts';
import { type Plan, renderPlan } from './render.ts';
import { restartsOf } from './restarts.ts';
import { objectSteps, secretSteps } from './steps.ts';

export type PlanQuestion = { file: string; isServerSide: boolean; namespace: string | undefined };

/** @returns whether anything would change. @throws CommandError when the file cannot be read, or is refused. */
export async function showPlan(given: Session, { file, isServerSide, namespace: asked }: PlanQuestion): Promise<boolean> {
	const manifest = readManifest(await textOf(given, file), file);
	const { name, namespace = given.namespace } = manifest.metadata;
	if (asked !== undefined && asked !== namespace) throw new CommandError(`${file} says namespace ${namespace}, --namespace says ${asked}`);
	const session = { ...given, namespace };
	const live = await get<RuneVault>(session.transport, resource, { namespace, name });
	const { planned, isChecked } = await dryRun(session, manifest, live, isServerSide);
	const plan = await planOf(session, live, planned, isChecked);
	for (const line of renderPlan(plan)) session.print(line);
	return [...plan.objects, plan.vault].some(({ what }) => what !== 'unchanged');
}

async function textOf({ read }: Session, file: string): Promise<string> {
	const chunks: Uint8Array[] = [];
	try {
		for await (const chunk of read(file)) chunks.push(chunk);
	} catch (cause) {
		throw new CommandError(`cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
	}
	return Buffer.concat(chunks).toString('utf8');
}

const GATEWAY_API = 'gateway.networking.k8s.io/v1';

/** With it, the builders give every object there can be. */
const EVERYTHING: Inputs = {
	...{ image: '', version: '', operatorNamespace: '', clusterDomain: '', verifiers: [], fingerprint: undefined, releasedBits: undefined },
	...{
		isKeygenWanted: true,
		isImportWanted: true,
		isWorkloadWanted: true,
		hasPodRoute: false,
		hasServiceMonitors: true,
		hasCertificates: true,
		hasHttpRoutes: true,
		hasBackendTlsPolicies: true,
		hasTraefik: true,
		authority: '',
	},
};

async function planOf(session: Session, live: RuneVault | undefined, planned: RuneVault, isChecked: boolean): Promise<Plan> {
	const { name, namespace } = planned.metadata;
	const after = specOf(planned);
	const check = live === undefined ? undefined : checkSpec(live);
	const before = check !== undefined && 'spec' in check ? check.spec : undefined;
	const build = (spec: RuneVaultSpec | undefined, inputs: (of: RuneVaultSpec) => Inputs): KubeObject[] =>
		spec === undefined ? [] : desired({ name, namespace, uid: planned.metadata.uid, spec }, inputs(spec));
	const possible = [before, after].flatMap(spec => build(spec, () => EVERYTHING));
	const [present, hasServiceMonitors, hasCertificates, hasHttpRoutes, hasBackendTlsPolicies, hasTraefik, pods] = await Promise.all([
		readPresent(session, possible),
		knows(session, 'monitoring.coreos.com/v1', 'ServiceMonitor'),
		knows(session, 'cert-manager.io/v1', 'Certificate'),
		knows(session, GATEWAY_API, 'HTTPRoute'),
		knows(session, GATEWAY_API, 'BackendTLSPolicy'),
		knows(session, 'traefik.io/v1alpha1', 'ServersTransport'),
		listPods(session, { namespace, name }),
	]);
	const known = { hasServiceMonitors, hasCertificates, hasHttpRoutes, hasBackendTlsPolicies, hasTraefik };
	const situation: Situation = { name, namespace, live, present, ...known };
	const objectsBefore = build(before, spec => inputsFor(situation, spec, true));
	const objectsAfter = build(after, spec => inputsFor(situation, spec, false));
	const objects = [...objectSteps(objectsBefore, objectsAfter, present), ...secretSteps(name, before?.access.tokens, after.access.tokens)];
	const template = objects.find(({ kind, what }) => kind === 'StatefulSet' && what === 'changed');
	const restarts = restartsOf({
		...{ name, spec: after, isFailoverPaused: pauseOf(planned) === 'failover' },
		pods: (pods ?? []).map(pod => pod.metadata.name),
		primary: live?.status?.primary?.pod,
		isTemplateChanged: template?.changes.some(({ path }) => path.startsWith('spec.template.')) ?? false,
	});
	const changes = live === undefined ? [] : changesOf(writtenOf(live), writtenOf(live), writtenOf(planned));
	return {
		vault: {
			...{ kind: resource.kind, name, isHidden: false, changes },
			what: live === undefined ? 'created' : changes.length === 0 ? 'unchanged' : 'changed',
		},
		namespace,
		objects,
		restarts,
		forecast: forecastOf(restarts, after.replicas, live?.status?.primary !== undefined),
		notes: {
			isChecked,
			isNew: live === undefined,
			isPaused: isPaused(planned),
			isFirstValid: live !== undefined && before === undefined,
			mayListPods: pods !== undefined,
			unready: (pods ?? []).filter(pod => !isReady(pod)).map(pod => pod.metadata.name),
			strangers: strangers(objectsBefore, present).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
		},
	};
}

/** What its users write of a RuneVault. */
const writtenOf = ({ metadata: { labels, annotations }, spec }: RuneVault) => {
	const { 'kubectl.kubernetes.io/last-applied-configuration': _copy, ...own } = annotations ?? {};
	return { metadata: { labels: labels ?? {}, annotations: own }, spec };
};

/** @throws CommandError when the operator would not accept what the API server lets through. */
function specOf(planned: RuneVault): RuneVaultSpec {
	const check = checkSpec(planned);
	if ('spec' in check) return check.spec;
	throw new CommandError(`the operator would refuse it: ${check.violations.map(({ path, message }) => `${path}: ${message}`).join('; ')}`);
}
