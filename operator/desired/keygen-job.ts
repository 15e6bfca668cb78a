/**
 * Job `<name>-keygen`: makes the FHE key, seals it and leaves it in Secrets, with canaries beside. It runs in the Vault's image, so that
 * the operator never has a key byte in memory. It is idempotent, and wanted until all it makes is there.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, ownerOf, stableLabels } from './metadata.ts';
import { namesOf, PATHS } from './names.ts';
import * as pod from './pod.ts';

export function buildKeygenJob(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!inputs.isKeygenWanted) return undefined;
	const { spec } = vault;
	const { keygen } = namesOf(vault.name);
	const { podTemplate } = spec;
	const labels = stableLabels(vault, 'keygen');
	const owner = { ...ownerOf(vault), blockOwnerDeletion: false };
	const container = {
		name: 'keygen',
		image: pod.imageOf(vault, inputs),
		imagePullPolicy: spec.imagePullPolicy,
		args: ['/app/vault/main.js', 'keygen'],
		env: [
			...pod.podEnvironment(),
			{ name: 'OWNED_LABELS', value: JSON.stringify(labels) },
			{ name: 'OWNER_REFERENCE', value: JSON.stringify(owner) },
		],
		resources: spec.resources,
		securityContext: pod.containerSecurityContext,
		volumeMounts: [pod.mount('config', PATHS.config), pod.tmpMount],
	};
	return {
		apiVersion: 'batch/v1',
		kind: 'Job',
		metadata: metadataOf(vault, inputs, keygen, 'keygen'),
		spec: {
			backoffLimit: 3,
			activeDeadlineSeconds: 600,
			ttlSecondsAfterFinished: 300,
			template: {
				metadata: { labels },
				spec: {
					restartPolicy: 'Never',
					serviceAccountName: keygen,
					automountServiceAccountToken: true,
					enableServiceLinks: false,
					securityContext: pod.podSecurityContext,
					...pod.optional('nodeSelector', podTemplate.nodeSelector),
					...pod.optional('tolerations', podTemplate.tolerations),
					...pod.optional('imagePullSecrets', podTemplate.imagePullSecrets),
					containers: [container],
					volumes: [pod.configVolume(vault), pod.tmpVolume],
				},
			},
		},
	};
}
