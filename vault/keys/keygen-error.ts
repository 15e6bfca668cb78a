/** What ended the key generation, as one line for its log and one word for the operator, which tells its user what the word means. */
import type { KeygenFault } from '../../crds/keygen-faults.ts';
import { VaultError, type VaultErrorCode } from '../../fhe/errors.ts';

const CODES: Partial<Record<KeygenFault, VaultErrorCode>> = {
	KekMissing: 'key_missing',
	KekSecretTaken: 'deserialization_failed',
	WrongKek: 'wrong_kek',
	ImportWrongKek: 'wrong_kek',
};

export class KeygenError extends VaultError {
	readonly fault: KeygenFault;

	constructor(fault: KeygenFault, message: string, options: { cause?: unknown } = {}) {
		super(CODES[fault] ?? 'invalid_argument', message, options);
		this.fault = fault;
	}
}
