/**
 * The two resources that stand for something that is done once: RuneVaultBackup and RuneVaultRestore. Their specs are immutable, and their
 * status tells how far it has come.
 */
import { z } from 'zod';
import { destinationSchema } from './backup.ts';
import { dnsName, listByKey, rules } from './fields.ts';
import { conditionSchemaOf, count, instant } from './status-fields.ts';

const group = { group: 'runevault.io', version: 'v1alpha1', namespaced: true } as const;
export const backupResource = { ...group, plural: 'runevaultbackups', kind: 'RuneVaultBackup' } as const;
export const restoreResource = { ...group, plural: 'runevaultrestores', kind: 'RuneVaultRestore' } as const;

/** Names of Jobs append up to 8 characters, and a label holds 63. */
export const MAX_OPERATION_NAME_LENGTH = 55;

/** Every reason the conditions of each may carry. */
export const BACKUP_REASONS = {
	Complete: ['Archived', 'Waiting', 'Running', 'Failed', 'NoBackupSpec', 'VaultNotFound'],
	Verified: ['Proved', 'Waiting', 'Running', 'Failed', 'Disabled'],
} as const;
export const RESTORE_REASONS = { Complete: ['Restored', 'Waiting', 'Running', 'Failed', 'BackupNotFound', 'SecretNotFound'] } as const;

type Reasons = Readonly<Record<string, readonly string[]>>;
export type OperationFindings<R extends Reasons> = {
	[T in keyof R]: { status: 'True' | 'False' | 'Unknown'; reason: R[T][number]; message: string };
};

const immutable = { rule: 'self == oldSelf', message: 'is immutable: make another one' };
const vaultName = () => dnsName().describe('RuneVault in the same namespace.');
const fingerprint = () => z.string().max(71).describe('Fingerprint of the key in the archive.');
const archiveName = () =>
	z
		.string()
		.max(80)
		.regex(/^vault_keys_backup_[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{6}Z)?(-[0-9a-f]{8})?\.age$/, 'must be vault_keys_backup_<date>.age');

export const backupSpecSchema = rules(z.object({ vault: vaultName() }), immutable);

const conditions = (reasons: Reasons) =>
	listByKey(conditionSchemaOf(Object.keys(reasons)).describe('One condition.'), 8, 'type')
		.optional()
		.describe('What is so, and why.');

export const backupStatusSchema = z.object({
	conditions: conditions(BACKUP_REASONS),
	archive: archiveName().optional().describe('Name of the archive.'),
	destination: destinationSchema().optional().describe('Where it was put, as spec.backup of the RuneVault said then.'),
	bytes: count().optional().describe('Size of the archive.'),
	sha256: z.string().max(64).optional().describe('SHA-256 of the archive.'),
	fingerprint: fingerprint().optional(),
	startedAt: instant().optional().describe('When it was begun.'),
	completedAt: instant().optional().describe('When the archive was there, or the backup had failed.'),
	verifiedAt: instant().optional().describe('When the archive was proved.'),
});

export const restoreSpecSchema = rules(
	z.object({
		vault: vaultName(),
		backup: dnsName().optional().describe('RuneVaultBackup in the same namespace whose archive is restored.'),
		source: z
			.object({
				archive: archiveName().describe('Name of the archive.'),
				namespace: dnsName().optional().describe('Namespace the archive was made in; this one when left out.'),
				destination: destinationSchema().describe('Where it is.'),
			})
			.optional()
			.describe('The archive, when no RuneVaultBackup tells of it any more.'),
		identitySecretName: dnsName().describe('Secret with the key identity: an age identity (AGE-SECRET-KEY-1…). Delete it afterwards.'),
	}),
	immutable,
	{
		rule: 'has(self.backup) != has(self.source)',
		message: 'either backup or source must be there',
		check: spec => (spec.backup === undefined) !== (spec.source === undefined),
	},
);

export const restoreStatusSchema = z.object({
	conditions: conditions(RESTORE_REASONS),
	fingerprint: fingerprint().optional(),
	startedAt: instant().optional().describe('When it was begun.'),
	completedAt: instant().optional().describe('When it was done, or had failed.'),
});

export type BackupStatus = z.infer<typeof backupStatusSchema>;
export type RestoreStatus = z.infer<typeof restoreStatusSchema>;

type Metadata = {
	name: string;
	namespace: string;
	uid: string;
	generation?: number;
	creationTimestamp?: string;
	deletionTimestamp?: string;
	resourceVersion?: string;
	labels?: Record<string, string>;
};
type Operation<Status> = { apiVersion: string; kind: string; metadata: Metadata; spec: unknown; status?: Status };
/** As the API server gives them: the specs are not checked yet. */
export type RuneVaultBackup = Operation<BackupStatus>;
export type RuneVaultRestore = Operation<RestoreStatus>;
