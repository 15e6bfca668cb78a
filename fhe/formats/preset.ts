/** The four bytes behind the tag of a binary key file: which parameter set the key belongs to. */
import { VaultError } from '../errors.ts';
import { PRESET } from '../params.ts';

export const PRESET_BYTES = 4;
const NAME = Uint8Array.from([...PRESET].map(letter => letter.charCodeAt(0)));

/** @throws VaultError `unsupported_version` for a key of another preset. */
export function checkPreset(bytes: Uint8Array): void {
	const isOurs = NAME.every((letter, i) => bytes[1 + i] === letter) && bytes[PRESET_BYTES] === 0;
	if (!isOurs) throw otherPreset();
}

/** What every reader throws for a key of another parameter set, wherever it says so. */
export function otherPreset(): VaultError {
	return new VaultError('unsupported_version', `not a key of preset ${PRESET}`, { field: 'preset' });
}

export function putPreset(bytes: Uint8Array): void {
	bytes.set(NAME, 1);
}
