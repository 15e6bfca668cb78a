/**
 * Opens the key that a new RuneVault is to begin with instead of one made here: SecKey.json as the vendor's tools write it, plain or sealed,
 * from the Secret that the spec names, mounted into the keygen Job.
 *
 * Only this form: its SHA-256 tells a damaged key from a whole one, where SecKey.bin would open to a key that decrypts nothing, unnoticed until
 * years of vectors are asked for.
 */
import { readFile } from 'node:fs/promises';
import type { KeygenFault } from '../../crds/keygen-faults.ts';
import { VaultError } from '../../fhe/errors.ts';
import { parseSecKeyJson } from '../../fhe/formats/envelope.ts';
import type { SecretKey } from '../../fhe/secret-key.ts';
import { parseKek, type ReadFile } from './kek.ts';
import { KeygenError } from './keygen-error.ts';

/** Where the two files lie; that of the KEK is needed for a sealed key only. */
export type ImportFiles = { key: string; kek: string };

/**
 * All bytes read here are wiped before it returns or throws.
 * @throws KeygenError with a fault, and one line that names the file, for each way to fail
 */
export async function readImport({ key, kek }: ImportFiles, dimension: number, read: ReadFile = readFile): Promise<SecretKey> {
	const bytes = await readIfThere(key, read);
	if (bytes === undefined) throw new KeygenError('ImportMissing', `import ${key}: cannot be read`);
	let kekBytes: Uint8Array | undefined;
	try {
		const found = await readIfThere(kek, read);
		if (found !== undefined) {
			kekBytes = parseKek(found);
			if (kekBytes === undefined) throw new KeygenError('ImportBadKek', `import ${kek}: must be 64 hex digits or 32 bytes`);
		}
		return parseSecKeyJson(bytes, kekBytes, dimension);
	} catch (error) {
		if (!(error instanceof VaultError) || error instanceof KeygenError) throw error;
		throw new KeygenError(faultOf(error), `import ${key}: ${lineOf(error)}`, { cause: error });
	} finally {
		bytes.fill(0);
		kekBytes?.fill(0);
	}
}

function faultOf({ code, field }: VaultError): KeygenFault {
	if (code === 'wrong_kek') return 'ImportWrongKek';
	if (field === 'kek') return 'ImportNoKek';
	if (field === 'preset') return 'ImportWrongPreset';
	if (field === 'hash') return 'ImportTampered';
	if (field === 'dimension') return 'ImportWrongDimension';
	return code === 'wrong_key' ? 'ImportWrongKey' : 'ImportNotSecKey';
}

function lineOf(error: VaultError): string {
	switch (faultOf(error)) {
		case 'ImportNoKek':
			return 'the key is sealed, and there is no kek beside it';
		case 'ImportNotSecKey':
			return `not a SecKey.json: ${error.message}`;
		default:
			return error.message;
	}
}

async function readIfThere(file: string, read: ReadFile): Promise<Buffer | undefined> {
	return read(file).catch(error => {
		// What is not there and what may not be read come to the same: the kubelet mounts both or neither.
		if (error instanceof Error && 'code' in error) return undefined;
		throw error;
	});
}
