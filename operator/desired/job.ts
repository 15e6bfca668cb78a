/** A Job of the vault image: one pod under the restricted profile that tells in its last word what came of it. */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { type Component, stableLabels } from './metadata.ts';
import * as pod from './pod.ts';

/** Where the kubelet looks for a container's last word. */
export const TERMINATION_LOG = '/dev/termination-log';

export type JobOptions = {
	metadata: KubeObject['metadata'];
	component: Component;
	/** By which it asks the API server; none: it cannot. */
	serviceAccountName: string | undefined;
	/** Flags of Node, then the program's own words. */
	flags: readonly string[];
	args: readonly string[];
	env: readonly object[];
	volumes: readonly object[];
	mounts: readonly object[];
	/** How long it stays after its end. */
	ttlSeconds: number;
};

export function buildVaultJob(vault: CheckedVault, inputs: Pick<Inputs, 'image'>, options: JobOptions): KubeObject {
	const { metadata, component, serviceAccountName, flags, args, env, volumes, mounts, ttlSeconds } = options;
	const { spec } = vault;
	const { podTemplate } = spec;
	const container = {
		name: component,
		image: pod.imageOf(vault, inputs),
		imagePullPolicy: spec.imagePullPolicy,
		args: [...flags, '/app/vault/main.js', ...args],
		env: [...env, { name: 'TERMINATION_LOG', value: TERMINATION_LOG }],
		terminationMessagePath: TERMINATION_LOG,
		resources: spec.resources,
		securityContext: pod.containerSecurityContext,
		volumeMounts: [...mounts, pod.tmpMount],
	};
	return {
		apiVersion: 'batch/v1',
		kind: 'Job',
		metadata,
		spec: {
			backoffLimit: 3,
			activeDeadlineSeconds: 600,
			ttlSecondsAfterFinished: ttlSeconds,
			template: {
				metadata: { labels: stableLabels(vault, component) },
				spec: {
					restartPolicy: 'Never',
					...pod.optional('serviceAccountName', serviceAccountName),
					automountServiceAccountToken: serviceAccountName !== undefined,
					enableServiceLinks: false,
					securityContext: pod.podSecurityContext,
					...pod.optional('nodeSelector', podTemplate.nodeSelector),
					...pod.optional('tolerations', podTemplate.tolerations),
					...pod.optional('imagePullSecrets', podTemplate.imagePullSecrets),
					containers: [container],
					volumes: [...volumes, pod.tmpVolume],
				},
			},
		},
	};
}
