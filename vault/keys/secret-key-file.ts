/**
 * Reads a secret key in any of the forms the vendor's tools write: the JSON envelope SecKey.json with the key plain or sealed,
 * SecKey.bin, and SecKey_sealed.bin. The buffers that held key bytes are wiped before this returns.
 */
import { readFile } from 'node:fs/promises';
import { VaultError } from '../../fhe/errors.ts';
import { parseSecKeyJson } from '../../fhe/formats/envelope.ts';
import { isSealed, openSealedSecretKey } from '../../fhe/formats/sealed.ts';
import { parseSecretKey } from '../../fhe/formats/secret-key.ts';
import type { SecretKey } from '../../fhe/secret-key.ts';
import { readKek } from './kek.ts';

/** SecKey.bin begins with its type, 1; the other forms begin with a JSON object, and only the envelope has a `key_data`. */
const SECRET_KEY_TYPE = 0x01;

/**
 * @param kekFile what `--kek` names; needed for sealed keys only
 * @throws VaultError one line that names the option and the file
 */
export async function readSecretKeyFile(file: string, kekFile: string | undefined): Promise<SecretKey> {
	const kek = kekFile === undefined ? undefined : await readKek(kekFile, '--kek');
	let bytes: Buffer | undefined;
	try {
		bytes = await read(file, '--key');
		return openSecretKey(bytes, kek);
	} catch (error) {
		if (bytes === undefined) throw error;
		if (!(error instanceof VaultError)) throw error;
		throw new VaultError(error.code, `--key ${file}: ${error.message}`, { cause: error, field: '--key' });
	} finally {
		bytes?.fill(0);
		kek?.fill(0);
	}
}

function openSecretKey(bytes: Buffer, kek: Uint8Array | undefined): SecretKey {
	if (bytes[0] === SECRET_KEY_TYPE) return parseSecretKey(bytes);
	const isEnvelope = bytes.includes('"key_data"', 0, 'latin1');
	if (kek !== undefined) return isEnvelope ? parseSecKeyJson(bytes, kek) : openSealedSecretKey(bytes, kek);
	if (isEnvelope) return parseSecKeyJson(bytes);
	if (isSealed(bytes)) throw new VaultError('invalid_argument', 'the key is sealed: --kek is needed', { field: '--kek' });
	return parseSecretKey(bytes);
}

async function read(file: string, name: string): Promise<Buffer> {
	try {
		return await readFile(file);
	} catch (cause) {
		throw new VaultError('invalid_argument', `${name} ${file}: cannot be read`, { cause, field: name });
	}
}
