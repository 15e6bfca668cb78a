/** What the reasons of RuneVaultBackups, RuneVaultRestores and BackupCurrent mean: a part of `explanations.ts`. */
import type { Reason } from './conditions.ts';
import type { Explanation } from './explanations.ts';
import type { BACKUP_REASONS, RESTORE_REASONS } from './operations.ts';

type Explained<R extends Readonly<Record<string, readonly string[]>>> = { [T in keyof R]: { [E in R[T][number]]: Explanation } };

export const BACKUP_CURRENT: { [R in Exclude<Reason<'BackupCurrent'>, 'SpecInvalid'>]: Explanation } = {
	Current: { means: 'The last proved backup is as young as the schedule asks.' },
	Stale: {
		means: 'Two times of the schedule have gone by without a proved backup.',
		todo: 'kubectl runevault backup list <name>, and the message of the last RuneVaultBackup says why it failed.',
	},
	NoSchedule: {
		means: 'Nothing makes backups by itself.',
		todo: 'Set spec.backup.schedule; without an archive a lost key is lost for ever.',
	},
	Awaited: {
		means: 'The first backup of the schedule is not proved yet.',
		todo: 'Wait; kubectl runevault backup list tells how far it is.',
	},
};

const VAULT_BUSY: Explanation = {
	means: 'Something else of the vault is under way, or what is needed is not there yet; the message says what.',
	todo: 'Wait. A rotation or a rollout holds a backup up for five minutes at the most.',
};

export const BACKUPS: Explained<typeof BACKUP_REASONS> = {
	Complete: {
		Archived: { means: 'The archive is at its destination.' },
		Waiting: VAULT_BUSY,
		Running: { means: 'A Job writes the archive.' },
		Failed: { means: 'There is no archive; the message says why.', todo: 'Mend what the message says, then make another RuneVaultBackup.' },
		NoBackupSpec: { means: 'The RuneVault has no spec.backup.', todo: 'Set spec.backup, which says where to and for whom.' },
		VaultNotFound: {
			means: 'There is no RuneVault of that name in the namespace.',
			todo: 'Correct spec.vault: make another RuneVaultBackup.',
		},
	},
	Verified: {
		Proved: { means: 'A Job opened the archive, and decrypted with the key in it.' },
		Waiting: { means: 'The archive is not there yet.', todo: 'See Complete.' },
		Running: { means: 'A Job tries the archive.' },
		Failed: {
			means: 'Nobody knows whether this archive could be restored; older archives stay. The message says why.',
			todo: 'Mend what the message says, then make another RuneVaultBackup.',
		},
		Disabled: {
			means: 'spec.backup.verify is Disabled, so nothing has opened the archive.',
			todo: 'Try it with vault drill, where an identity of a recipient is.',
		},
	},
};

export const RESTORES: Explained<typeof RESTORE_REASONS> = {
	Complete: {
		Restored: { means: 'The key, the tokens and the RuneVault are back.', todo: 'Delete the Secret with the identity.' },
		Waiting: VAULT_BUSY,
		Running: { means: 'A Job brings back what the archive holds; nothing else of the vault is written meanwhile.' },
		Failed: {
			means: 'The restore gave up; the message says why. What was there before is still there.',
			todo: 'Mend what the message says, then make another RuneVaultRestore.',
		},
		BackupNotFound: {
			means: 'There is no such RuneVaultBackup, or it has no archive.',
			todo: 'kubectl runevault backup list, or name the archive itself in spec.source.',
		},
		SecretNotFound: {
			means: 'There is no Secret with the identity.',
			todo: 'Make the Secret that the message names, with the key identity; it is seen within a minute.',
		},
	},
};
