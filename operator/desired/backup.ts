/** The Jobs of a backup, its drill and a restore: which program runs with which options, on which volumes, with which rights. */
import type { BackupDestination } from '../../crds/backup.ts';
import type { CheckedVault } from './inputs.ts';
import { namesOf, PATHS } from './names.ts';
import { type JobPart, kekOption, type Rule, secretVolume, type Volume } from './operation.ts';

export const jobNames = (operation: string) => ({
	backup: `${operation}-backup`,
	drill: `${operation}-drill`,
	restore: `${operation}-restore`,
	/** The Secret with the throw-away identity. */
	drillSecret: `${operation}-drill`,
});

type Place = { args: string[]; volumes: Volume[] };

/** @param folder `<namespace>/<vault>`, below which the archives of a vault lie */
function destinationPart(destination: BackupDestination, folder: string, access: 'read' | 'write'): Place {
	const { volume, s3 } = destination;
	if (volume !== undefined) {
		const mount = { name: 'archives', mountPath: PATHS.archives, ...(access === 'read' ? { readOnly: true } : {}) };
		return {
			args: ['--directory', `${PATHS.archives}/${folder}`],
			volumes: [{ volume: { name: 'archives', persistentVolumeClaim: { claimName: volume.claimName } }, mount }],
		};
	}
	if (s3 === undefined) return { args: [], volumes: [] };
	const { endpoint, bucket, prefix, region, credentialsSecretName, caSecretName } = s3;
	const args = ['--s3-endpoint', endpoint, '--s3-bucket', bucket, '--s3-prefix', prefix === '' ? folder : `${prefix}/${folder}`];
	return {
		args: [...args, '--s3-region', region, '--s3-credentials', PATHS.s3, ...(caSecretName === undefined ? [] : ['--s3-ca', PATHS.s3Ca])],
		volumes: [
			secretVolume('s3', credentialsSecretName, PATHS.s3, 'accessKeyId', 'secretAccessKey'),
			...(caSecretName === undefined ? [] : [secretVolume('s3-ca', caSecretName, PATHS.s3CaDirectory, 'ca.crt')]),
		],
	};
}

const folderOf = (namespace: string, vault: string) => `${namespace}/${vault}`;

export type BackupPlan = {
	operation: string;
	vault: CheckedVault;
	archive: string;
	destination: BackupDestination;
	recipients: readonly string[];
	retain: number;
	isVerified: boolean;
};

export function backupJob(plan: BackupPlan): JobPart {
	const { operation, vault, archive, destination, recipients, retain, isVerified } = plan;
	const names = jobNames(operation);
	const kek = kekOption(vault);
	const place = destinationPart(destination, folderOf(vault.namespace, vault.name), 'write');
	const keep = isVerified ? ['--drill-secret', names.drillSecret] : ['--retain', String(retain)];
	return {
		name: names.backup,
		component: 'backup',
		args: [
			...['backup', '--vault', vault.name, '--archive', archive],
			...recipients.flatMap(recipient => ['--recipient', recipient]),
			...[...place.args, ...keep, ...kek.args],
		],
		volumes: [...place.volumes, ...kek.volumes],
		rules: backupRules(vault, isVerified ? [names.drillSecret] : []),
	};
}

function backupRules({ name, spec }: CheckedVault, drillSecret: string[]): Rule[] {
	const names = namesOf(name);
	const tokens = spec.access.tokens.map(token => names.tokenSecret(token.name));
	const kek = spec.keys.kek.type === 'File' ? [] : [names.kekSecret];
	return [
		{ apiGroups: ['runevault.io'], resources: ['runevaults'], resourceNames: [name], verbs: ['get'] },
		{
			apiGroups: [''],
			resources: ['secrets'],
			resourceNames: [names.keySecret, ...kek, names.verifiers, names.authority, ...tokens, ...drillSecret],
			verbs: ['get'],
		},
		...(drillSecret.length === 0 ? [] : [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }]),
		{ apiGroups: [''], resources: ['configmaps'], resourceNames: [names.canaries], verbs: ['get'] },
	];
}

type Written = { bytes: number; sha256: string };
const writtenArgs = (written: Written | undefined) =>
	written === undefined ? [] : ['--bytes', String(written.bytes), '--sha256', written.sha256];

/** It asks nothing of the API server: what it knows is mounted. */
export function drillJob({ operation, vault, archive, destination, retain }: BackupPlan, written: Written): JobPart {
	const names = jobNames(operation);
	const kek = kekOption(vault);
	const place = destinationPart(destination, folderOf(vault.namespace, vault.name), 'write');
	return {
		name: names.drill,
		component: 'drill',
		args: [
			...['drill', '--archive', archive, ...place.args, '--identity', `${PATHS.identity}/identity`],
			...[...writtenArgs(written), '--retain', String(retain), ...kek.args],
		],
		volumes: [...place.volumes, secretVolume('identity', names.drillSecret, PATHS.identity, 'identity'), ...kek.volumes],
	};
}

export type RestorePlan = {
	operation: string;
	vault: CheckedVault;
	archive: string;
	destination: BackupDestination;
	/** Where the archive was made. */
	namespace: string;
	identitySecretName: string;
	written: Written | undefined;
	/** Recorded of a RuneVault that is there. */
	fingerprint: string | undefined;
};

/** The Secrets of an archive are known once it is open, so its rights to Secrets name none; they go when it is done. */
export function restoreJob(plan: RestorePlan): JobPart {
	const { operation, vault, archive, destination, namespace, identitySecretName, written, fingerprint } = plan;
	const kek = kekOption(vault);
	const place = destinationPart(destination, folderOf(namespace, vault.name), 'read');
	return {
		name: jobNames(operation).restore,
		component: 'restore',
		args: [
			...['restore', '--vault', vault.name, '--archive', archive, ...place.args, '--identity', `${PATHS.identity}/identity`],
			...[...writtenArgs(written), ...(fingerprint === undefined ? [] : ['--fingerprint', fingerprint]), ...kek.args],
		],
		volumes: [...place.volumes, secretVolume('identity', identitySecretName, PATHS.identity, 'identity'), ...kek.volumes],
		rules: [
			{ apiGroups: ['runevault.io'], resources: ['runevaults'], verbs: ['get', 'create'] },
			{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
		],
	};
}
