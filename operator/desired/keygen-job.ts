/**
 * Job `<name>-keygen`: makes the FHE key, seals it and leaves it in Secrets, with canaries beside. It runs in the Vault's image, so that
 * the operator never has a key byte in memory. It is idempotent, and wanted until all it makes is there. A key to import, and a KEK that is a
 * file, come to it as volumes.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf, ownerOf, stableLabels } from './metadata.ts';
import { namesOf, PATHS } from './names.ts';
import { nodeFlags } from './permission.ts';
import * as pod from './pod.ts';

type Part = { args: string[]; volumes: object[]; mounts: object[] };

/** Optional, so that the program starts, and can say what is missing in a line of its own. */
function importPart({ spec: { keys } }: CheckedVault, inputs: Inputs): Part {
	if (keys.import === undefined || !inputs.isImportWanted) return NOTHING;
	const { secretName, key } = keys.import;
	const items = [
		{ key, path: 'SecKey.json' },
		{ key: 'kek', path: 'kek' },
	];
	return {
		args: ['--import', `${PATHS.import}/SecKey.json`, '--import-kek', `${PATHS.import}/kek`],
		volumes: [{ name: 'import', secret: { secretName, items, optional: true, defaultMode: 0o440 } }],
		mounts: [pod.mount('import', PATHS.import)],
	};
}

function kekPart(vault: CheckedVault): Part {
	if (vault.spec.keys.kek.type !== 'File') return NOTHING;
	return { args: ['--kek', pod.kekFile(vault)], volumes: [pod.kekVolume(vault)], mounts: [pod.mount('kek', PATHS.kek)] };
}

const NOTHING: Part = { args: [], volumes: [], mounts: [] };

/** Where the kubelet looks for a container's last word. */
const TERMINATION_LOG = '/dev/termination-log';

export function buildKeygenJob(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!inputs.isKeygenWanted) return undefined;
	const { spec } = vault;
	const { keygen } = namesOf(vault.name);
	const { podTemplate } = spec;
	const labels = stableLabels(vault, 'keygen');
	const owner = { ...ownerOf(vault), blockOwnerDeletion: false };
	const parts = [importPart(vault, inputs), kekPart(vault)];
	const container = {
		name: 'keygen',
		image: pod.imageOf(vault, inputs),
		imagePullPolicy: spec.imagePullPolicy,
		args: [...nodeFlags([TERMINATION_LOG]), '/app/vault/main.js', 'keygen', ...parts.flatMap(part => part.args)],
		env: [
			...pod.podEnvironment(),
			{ name: 'OWNED_LABELS', value: JSON.stringify(labels) },
			{ name: 'OWNER_REFERENCE', value: JSON.stringify(owner) },
			{ name: 'TERMINATION_LOG', value: TERMINATION_LOG },
		],
		terminationMessagePath: TERMINATION_LOG,
		resources: spec.resources,
		securityContext: pod.containerSecurityContext,
		volumeMounts: [pod.mount('config', PATHS.config), ...parts.flatMap(part => part.mounts), pod.tmpMount],
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
					volumes: [pod.configVolume(vault), ...parts.flatMap(part => part.volumes), pod.tmpVolume],
				},
			},
		},
	};
}
