/**
 * Job `<name>-keygen`: makes the FHE key, seals it and leaves it in Secrets, with canaries beside. It runs in the Vault's image, so that
 * the operator never has a key byte in memory. It is idempotent, and wanted until all it makes is there. A key to import, and a KEK that is a
 * file, come to it as volumes.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { buildVaultJob, TERMINATION_LOG } from './job.ts';
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

export function buildKeygenJob(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	if (!inputs.isKeygenWanted) return undefined;
	const { keygen } = namesOf(vault.name);
	const parts = [importPart(vault, inputs), kekPart(vault)];
	return buildVaultJob(vault, inputs, {
		metadata: metadataOf(vault, inputs, keygen, 'keygen'),
		component: 'keygen',
		serviceAccountName: keygen,
		flags: nodeFlags([TERMINATION_LOG]),
		args: ['keygen', ...parts.flatMap(part => part.args)],
		env: [
			...pod.podEnvironment(),
			{ name: 'OWNED_LABELS', value: JSON.stringify(stableLabels(vault, 'keygen')) },
			{ name: 'OWNER_REFERENCE', value: JSON.stringify({ ...ownerOf(vault), blockOwnerDeletion: false }) },
		],
		volumes: [pod.configVolume(vault), ...parts.flatMap(part => part.volumes)],
		mounts: [pod.mount('config', PATHS.config), ...parts.flatMap(part => part.mounts)],
		ttlSeconds: 300,
	});
}
