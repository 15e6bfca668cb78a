/**
 * The key-encryption key as a file holds it: 32 raw bytes, as a mounted Secret or a CSI driver gives them, or 64 hex digits, as people and
 * secret stores that know only text do.
 */
import { readFile } from 'node:fs/promises';
import { VaultError } from '../../fhe/errors.ts';
import type { KeyStore } from './generate.ts';
import { KeygenError } from './keygen-error.ts';

/** How a file is read: for tests, which look at the bytes afterwards. */
export type ReadFile = (file: string) => Promise<Buffer>;

const KEK_BYTES = 32;
/** Hex digits with spaces and line ends around them: no KEK is longer. */
const MAX_TEXT_BYTES = 256;

/**
 * Takes over `bytes`: they are the answer, or wiped.
 * @returns undefined when they are no KEK
 */
export function parseKek(bytes: Uint8Array): Uint8Array | undefined {
	if (bytes.length === KEK_BYTES) return bytes;
	try {
		return bytes.length > MAX_TEXT_BYTES ? undefined : fromHex(bytes);
	} finally {
		bytes.fill(0);
	}
}

/**
 * Reads a KEK. The caller wipes it.
 * @param name how to call it in an error
 * @throws VaultError `invalid_argument`; `cause` is set only when the file could not be read
 */
export async function readKek(file: string, name: string, read: ReadFile = readFile): Promise<Uint8Array> {
	let bytes: Buffer;
	try {
		bytes = await read(file);
	} catch (cause) {
		throw new VaultError('invalid_argument', `${name} ${file}: cannot be read`, { cause, field: name });
	}
	const kek = parseKek(bytes);
	if (kek === undefined) {
		throw new VaultError('invalid_argument', `${name} ${file}: must be 64 hex digits or ${KEK_BYTES} bytes`, { field: name });
	}
	return kek;
}

/** The same store, but with its KEK in a file that somebody else keeps: none is ever made. */
export function withKekFile(store: KeyStore, file: string, read?: ReadFile): KeyStore {
	const kek = async () => {
		try {
			return await readKek(file, 'key encryption key', read);
		} catch (error) {
			if (!(error instanceof VaultError)) throw error;
			throw new KeygenError(error.cause === undefined ? 'KekFileInvalid' : 'KekFileMissing', error.message, { cause: error });
		}
	};
	return { ...store, kek, createKek: kek };
}

/** Digit by digit, because a string cannot be wiped. */
function fromHex(text: Uint8Array): Uint8Array | undefined {
	const kek = new Uint8Array(KEK_BYTES);
	let digits = 0;
	let isOver = false;
	for (const character of text) {
		const value = hexDigit(character);
		const isSpace = character === 0x20 || (character >= 0x09 && character <= 0x0d);
		if (value === undefined && isSpace) {
			isOver = digits > 0;
			continue;
		}
		if (value === undefined || isOver || digits === 2 * KEK_BYTES) {
			kek.fill(0);
			return undefined;
		}
		kek[digits >> 1] = ((kek[digits >> 1] ?? 0) << 4) | value;
		digits += 1;
	}
	if (digits === 2 * KEK_BYTES) return kek;
	kek.fill(0);
	return undefined;
}

function hexDigit(character: number): number | undefined {
	if (character >= 0x30 && character <= 0x39) return character - 0x30;
	const letter = character | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined;
}
