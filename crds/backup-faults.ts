/**
 * Why a backup, a drill or a restore gave up, as far as its user can mend it. The Job leaves the word as its termination message; the operator,
 * which believes no text of a pod, tells the sentence that stands here for it.
 */
export const BACKUP_FAULTS = {
	RecipientInvalid: 'a recipient is not an X25519 recipient of age (age1…)',
	KeyMissing: 'the key Secret, its KEK or the RuneVault is not there',
	KeyUnopened: 'the KEK does not open the key, or the key is not the one its Secret says',
	DestinationFailed: 'the destination cannot be reached, or refused',
	ArchiveMissing: 'the destination has no archive of that name',
	ArchiveTruncated: 'the archive is cut short',
	ArchiveDamaged: 'the archive is damaged',
	ArchiveNewer: 'the archive was written by a newer version',
	IdentityInvalid: 'what should be the age identity is none (AGE-SECRET-KEY-1…)',
	IdentityWrong: 'the archive was not encrypted for this identity',
	CanaryFailed: 'the key of the archive does not decrypt what the key of the vault does',
	OtherVault: 'the archive is of another RuneVault',
	OtherKey: 'another key of this name exists, and stays',
	NameTaken: 'an object of the name exists that is not ours, and stays',
} as const;

export type BackupFault = keyof typeof BACKUP_FAULTS;
