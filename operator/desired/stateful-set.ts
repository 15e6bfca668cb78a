/**
 * StatefulSet `<name>`: the Vault pods. `OnDelete`, because the operator rolls them itself, standbys before the primary; `Parallel`,
 * because each of them can serve alone.
 */
import type { KubeObject } from '../../kube/resources.ts';
import { publicSecretOf } from './certificate.ts';
import { buildVaultConfig } from './config-map.ts';
import { canonicalJson, digestOf } from './digest.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, selectorOf, stableLabels } from './metadata.ts';
import { ANNOTATIONS, CANARY_COUNT, INTERNAL_PORT, KEY_VERSION, namesOf, PATHS, PUBLIC_PORT } from './names.ts';
import { nodeFlags } from './permission.ts';
import * as pod from './pod.ts';

/** The kubelet takes any certificate, and shows none. */
const probe = (path: string, timing: Record<string, number>) => ({
	httpGet: { path, port: 'internal', scheme: 'HTTPS' },
	timeoutSeconds: 2,
	...timing,
});

function buildContainer(vault: CheckedVault, inputs: Inputs) {
	const { spec } = vault;
	const extraMounts = (spec.podTemplate.extraVolumeMounts ?? []).map(({ access, subPath, ...mount }) => ({
		...mount,
		...pod.optional('subPath', subPath),
		readOnly: access === 'ReadOnly',
	}));
	return {
		name: 'vault',
		image: pod.imageOf(vault, inputs),
		imagePullPolicy: spec.imagePullPolicy,
		args: [...nodeFlags(spec.audit.volume === undefined ? [] : [`${PATHS.audit}/`]), '/app/vault/main.js', 'serve'],
		env: pod.podEnvironment(),
		ports: [
			{ name: 'mcp', containerPort: PUBLIC_PORT, protocol: 'TCP' },
			{ name: 'internal', containerPort: INTERNAL_PORT, protocol: 'TCP' },
		],
		resources: spec.resources,
		securityContext: pod.containerSecurityContext,
		startupProbe: probe('/livez', { periodSeconds: 1, failureThreshold: 60 }),
		livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
		readinessProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 2 }),
		volumeMounts: [
			pod.mount('config', PATHS.config),
			pod.mount('keys', `${PATHS.keys}/${KEY_VERSION}`),
			pod.mount('kek', PATHS.kek),
			pod.mount('verifiers', PATHS.verifiers),
			pod.mount('canaries', PATHS.canaries),
			pod.mount('tls', PATHS.tls),
			...(publicSecretOf(vault) === undefined ? [] : [pod.mount('public-tls', PATHS.publicTls)]),
			pod.tmpMount,
			...(spec.audit.volume === undefined ? [] : [pod.auditMount]),
			...extraMounts,
		],
	};
}

function buildVolumes(vault: CheckedVault) {
	const names = namesOf(vault.name);
	const publicSecret = publicSecretOf(vault);
	const secret = (name: string, secretName: string) => ({ name, secret: { secretName, defaultMode: 0o440 } });
	// The answers stay out of the pods: who holds a canary's answer need not decrypt it.
	const items = Array.from({ length: CANARY_COUNT }, (_, index) => ({ key: `${index}.bin`, path: `${index}.bin` }));
	return [
		pod.configVolume(vault),
		secret('keys', names.keySecret),
		pod.kekVolume(vault),
		secret('verifiers', names.verifiers),
		{ name: 'canaries', configMap: { name: names.canaries, defaultMode: 0o440, items } },
		secret('tls', names.serverSecret),
		...(publicSecret === undefined ? [] : [secret('public-tls', publicSecret)]),
		pod.tmpVolume,
		...(vault.spec.podTemplate.extraVolumes ?? []),
	];
}

/**
 * A claim of each pod for its audit records. Kubernetes keeps claims when pods, StatefulSet and RuneVault go, and gives a pod of the same
 * name the same one. The volume belongs to the pod's `fsGroup`, so that its user may write.
 */
function buildClaims({ spec: { audit } }: CheckedVault) {
	if (audit.volume === undefined) return undefined;
	const { size, storageClassName } = audit.volume;
	return [
		{
			apiVersion: 'v1',
			kind: 'PersistentVolumeClaim',
			metadata: { name: pod.auditMount.name },
			spec: {
				accessModes: ['ReadWriteOnce'],
				resources: { requests: { storage: size } },
				...pod.optional('storageClassName', storageClassName),
			},
		},
	];
}

export function buildStatefulSet(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!inputs.isWorkloadWanted) return undefined;
	const { podTemplate, replicas } = vault.spec;
	const names = namesOf(vault.name);
	const selector = { matchLabels: selectorOf(vault) };
	const config = digestOf(canonicalJson(buildVaultConfig(vault, inputs)));
	return {
		apiVersion: 'apps/v1',
		kind: 'StatefulSet',
		metadata: metadataOf(vault, inputs, names.workload, 'vault'),
		spec: {
			replicas,
			serviceName: names.podService,
			podManagementPolicy: 'Parallel',
			updateStrategy: { type: 'OnDelete' },
			revisionHistoryLimit: 3,
			selector,
			template: {
				metadata: {
					labels: { ...podTemplate.labels, ...stableLabels(vault, 'vault') },
					annotations: { ...podTemplate.annotations, [ANNOTATIONS.config]: config, [ANNOTATIONS.internal]: 'TLS' },
				},
				spec: {
					serviceAccountName: names.workload,
					automountServiceAccountToken: true,
					enableServiceLinks: false,
					// More than `vault serve` takes at most: 2 s to release the lease, 5 s until nobody comes any more, 10 s for calls in flight.
					terminationGracePeriodSeconds: 20,
					securityContext: pod.podSecurityContext,
					topologySpreadConstraints: [
						{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector },
					],
					...pod.optional('nodeSelector', podTemplate.nodeSelector),
					...pod.optional('affinity', podTemplate.affinity),
					...pod.optional('tolerations', podTemplate.tolerations),
					...pod.optional('priorityClassName', podTemplate.priorityClassName),
					...pod.optional('imagePullSecrets', podTemplate.imagePullSecrets),
					containers: [buildContainer(vault, inputs)],
					volumes: buildVolumes(vault),
				},
			},
			...pod.optional('volumeClaimTemplates', buildClaims(vault)),
		},
	};
}
