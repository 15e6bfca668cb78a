/**
 * What the operator goes by besides the spec, read back from what it applied. Pure.
 *
 * The guess can be checked: every owned object carries the digest of what it was applied from, so when the present spec with these inputs
 * gives the same digest, the inputs are those of the operator, and so is its code.
 */
import { floorField } from '../../../crds/ledger.ts';
import type { RuneVault, RuneVaultSpec } from '../../../crds/runevault.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import { canonicalJson, digestOf } from '../../../operator/desired/digest.ts';
import type { Inputs } from '../../../operator/desired/inputs.ts';
import { ANNOTATIONS, LABELS, namesOf } from '../../../operator/desired/names.ts';
import { version as ownVersion } from '../../../operator/version.ts';

/** An owned object as the API server has it; 'hidden' when it may not be read. Absent: it is not there. */
export type Present = ReadonlyMap<string, KubeObject | 'hidden'>;

export const idOf = ({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string => `${kind}/${metadata.name}`;

type Fields = Record<string, unknown>;
const part = (value: unknown, ...path: (string | number)[]): unknown =>
	path.reduce<unknown>((found, step) => (found === undefined || found === null ? undefined : (found as Fields)[step]), value);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What stands for a value that only the operator knows, in a plan for a vault that is not there yet. */
const UNKNOWN = {
	image: "(the operator's image)",
	operatorNamespace: "(the operator's namespace)",
	authority: '(the authority of the pods)',
};

export type Situation = { name: string; namespace: string; live: RuneVault | undefined; present: Present } & Pick<
	Inputs,
	'hasServiceMonitors' | 'hasCertificates' | 'hasHttpRoutes' | 'hasBackendTlsPolicies' | 'hasTraefik'
>;

/** @param isInForce whether the spec is the present one; of one that is to be, the route is shown as it will be in the end. */
export function inputsFor({ name, namespace, live, present, ...known }: Situation, spec: RuneVaultSpec, isInForce: boolean): Inputs {
	const names = namesOf(name);
	const find = (kind: string, of: string) => {
		const found = present.get(`${kind}/${of}`);
		return found === 'hidden' ? undefined : found;
	};
	const has = (kind: string, of: string) => present.has(`${kind}/${of}`);
	const config = configOf(find('ConfigMap', names.config));
	const recorded = live?.status?.keys?.fingerprint;
	const fingerprint = text(part(config, 'keys', 'fingerprint')) ?? recorded;
	const isNew = live === undefined;
	return {
		image: (hasOwnImage(live) ? undefined : imageIn(find('StatefulSet', names.workload))) ?? UNKNOWN.image,
		version: find('ConfigMap', names.config)?.metadata.labels?.[LABELS.version] ?? ownVersion,
		operatorNamespace: operatorNamespaceIn(find('NetworkPolicy', names.workload)) ?? UNKNOWN.operatorNamespace,
		clusterDomain: clusterDomainIn(config, `${names.service}.${namespace}.svc.`) ?? 'cluster.local',
		isKeygenWanted: isNew || has('Job', names.keygen),
		isImportWanted: recorded === undefined,
		isWorkloadWanted: isNew || has('StatefulSet', names.workload),
		fingerprint,
		releasedBits: floorIn(find('ConfigMap', names.ledger), fingerprint),
		verifiers: [],
		hasPodRoute: isInForce ? !has('EndpointSlice', names.endpointSlice) : spec.routing === 'AllReady',
		authority: text(part(find('ConfigMap', names.authority), 'data', 'ca.crt')) ?? UNKNOWN.authority,
		...known,
	};
}

/** Whether the image that runs is one that the spec names, and so says nothing of the operator's own. */
const hasOwnImage = (live: RuneVault | undefined): boolean => text(part(live?.spec, 'image')) !== undefined;
const imageIn = (set: KubeObject | undefined) => text(part(set, 'spec', 'template', 'spec', 'containers', 0, 'image'));

/** What the operator last wrote into the account; the status may be ahead of it. */
function floorIn(ledger: KubeObject | undefined, fingerprint: string | undefined): number | undefined {
	const floor = fingerprint === undefined ? undefined : text(part(ledger, 'data', floorField(fingerprint)));
	return floor === undefined ? undefined : Number(floor);
}

function configOf(map: KubeObject | undefined): unknown {
	const raw = text(part(map, 'data', 'config.json'));
	if (raw === undefined) return undefined;
	try {
		return JSON.parse(raw);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

function operatorNamespaceIn(policy: KubeObject | undefined): string | undefined {
	const ingress = part(policy, 'spec', 'ingress');
	const peers = (Array.isArray(ingress) ? ingress : []).flatMap(rule => part(rule, 'from') ?? []);
	const ofOperator = peers.find(peer => part(peer, 'podSelector', 'matchLabels', LABELS.name) === 'runevault');
	return text(part(ofOperator, 'namespaceSelector', 'matchLabels', 'kubernetes.io/metadata.name'));
}

function clusterDomainIn(config: unknown, prefix: string): string | undefined {
	const hosts = part(config, 'hosts');
	const whole = (Array.isArray(hosts) ? hosts : []).find(host => typeof host === 'string' && host.startsWith(prefix));
	return text(whole?.slice(prefix.length));
}

/** Of these objects, as computed from the spec in force, those that were applied from something else. Secrets are not looked at. */
export function strangers(computed: readonly KubeObject[], present: Present): KubeObject[] {
	return computed.filter(object => {
		const found = present.get(idOf(object));
		if (found === undefined || found === 'hidden' || object.kind === 'Secret') return false;
		return found.metadata.annotations?.[ANNOTATIONS.applied] !== digestOf(canonicalJson(object));
	});
}
