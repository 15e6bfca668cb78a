/**
 * Why the key generation Job gave up, as far as its user can mend it. The Job leaves the word as its termination message; the operator, which
 * believes no text of a pod, tells the sentence that stands here for it.
 */
export const KEYGEN_FAULTS = {
	ImportMissing: 'the Secret to import from has no such key (spec.keys.import.key)',
	ImportNotSecKey: 'what is to be imported is not a SecKey.json',
	ImportWrongPreset: 'the key to be imported is not one of preset IP0',
	ImportTampered: 'the key to be imported does not match the SHA-256 in its own file',
	ImportWrongKey: 'what is to be imported is no secret key of this scheme, which has 2,730 coefficients of 1 or -1 among zeros',
	ImportWrongDimension: 'the key to be imported says that it is for another dimension than spec.keys.dimension',
	ImportNoKek: 'the key to be imported is sealed, and its Secret holds no kek beside it',
	ImportBadKek: 'kek in the Secret to import from is neither 32 bytes nor 64 hex digits',
	ImportWrongKek: 'kek in the Secret to import from does not open the key',
	ImportOtherKey:
		'there is another key of this name already, and it stays: make the RuneVault without spec.keys.import, or under another name',
	KekFileMissing: 'there is no file at spec.keys.kek.file.path in its volume',
	KekFileInvalid: 'the file at spec.keys.kek.file.path is neither 32 bytes nor 64 hex digits',
	KekSecretTaken:
		'the Secret named <name>-kek holds no kek of 32 bytes: it is not of this RuneVault, and stays; remove it, or use another name',
	KekMissing: 'the key exists, and the KEK that opens it does not',
	WrongKek: 'the KEK does not open the key that exists',
} as const;

export type KeygenFault = keyof typeof KEYGEN_FAULTS;

/** The fault that a termination message names; undefined for any other text. */
export function keygenFaultOf(message: unknown): KeygenFault | undefined {
	const word = typeof message === 'string' ? message.trim() : '';
	return Object.hasOwn(KEYGEN_FAULTS, word) ? (word as KeygenFault) : undefined;
}
