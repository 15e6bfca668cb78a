/**
 * What the Jobs of backup, drill and restore say as their termination message: why they gave up, as far as its user can mend it, or what they
 * did. The operator, which believes no text of a pod, takes a word it knows, for which the sentence stands here, and numbers and digests.
 */
import { z } from 'zod';

export const BACKUP_FAULTS = {
	RecipientInvalid: 'a recipient is not an X25519 recipient of age (age1…)',
	KeyMissing: 'the key Secret, its KEK, the canaries or the RuneVault is not there',
	KeyUnopened: 'the KEK does not open the key, or the key is not the one its Secret says',
	DestinationFailed: "the destination cannot be reached, or refused; the pod's log says how",
	ArchiveMissing: 'the destination has no archive of that name',
	ArchiveTruncated: 'the archive is cut short',
	ArchiveDamaged: "the archive is damaged; the pod's log says which part",
	ArchiveNewer: 'the archive was written by a newer version',
	IdentityInvalid: 'what should be the age identity is none (AGE-SECRET-KEY-1…)',
	IdentityWrong: 'the archive was not encrypted for this identity',
	CanaryFailed: 'the key of the archive does not decrypt what the key of the vault does',
	OtherVault: 'the archive is of another RuneVault',
	OtherKey: 'the RuneVault has another key than the archive, and keeps it',
	NameTaken: "an object of a name that is needed exists, is another and stays; the pod's log says which",
} as const;

export type BackupFault = keyof typeof BACKUP_FAULTS;

const doneSchema = z.object({
	fingerprint: z.string().regex(/^sha256:[0-9a-f]{64}$/),
	/** Of an archive that was written. */
	bytes: z.int().min(1).max(1_000_000_000).optional(),
	sha256: z
		.string()
		.regex(/^[0-9a-f]{64}$/)
		.optional(),
});

export type BackupDone = z.infer<typeof doneSchema>;
export type BackupOutcome = { fault: BackupFault } | { done: BackupDone };

/** What a termination message says; undefined for any other text. */
export function backupOutcomeOf(message: unknown): BackupOutcome | undefined {
	if (typeof message !== 'string' || message.length > 4096) return undefined;
	const word = message.trim();
	if (Object.hasOwn(BACKUP_FAULTS, word)) return { fault: word as BackupFault };
	try {
		const { data } = doneSchema.safeParse(JSON.parse(word));
		return data && { done: data };
	} catch {
		return undefined;
	}
}
