/** What ended a backup, a drill or a restore, as one line for its log and one word for the operator, which tells its user what it means. */
import type { BackupFault } from '../../crds/backup-outcomes.ts';
import { VaultError, type VaultErrorCode } from '../../fhe/errors.ts';

const CODES: Partial<Record<BackupFault, VaultErrorCode>> = {
	KeyMissing: 'key_missing',
	KeyUnopened: 'wrong_kek',
	ArchiveTruncated: 'deserialization_failed',
	ArchiveDamaged: 'deserialization_failed',
	ArchiveNewer: 'unsupported_version',
	IdentityWrong: 'wrong_key',
	CanaryFailed: 'wrong_key',
	OtherKey: 'fingerprint_mismatch',
};

export class BackupError extends VaultError {
	readonly fault: BackupFault;

	constructor(fault: BackupFault, message: string, options: { cause?: unknown } = {}) {
		super(CODES[fault] ?? 'invalid_argument', message, options);
		this.fault = fault;
	}
}
