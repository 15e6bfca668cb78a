/**
 * Opens the keys a pod is given: reads the mounted Secrets, unseals with the KEK, checks that they are the keys the resource records.
 * All bytes read here are wiped before it returns or throws; what is left lives in the keyring.
 *
 * Each way to fail is one line that names the file: an operator of a cluster reads it in the pod's last log line.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VaultError } from '../../fhe/errors.ts';
import { openBytes, openSealedSecretKey } from '../../fhe/formats/sealed.ts';
import type { SecretKey } from '../../fhe/secret-key.ts';
import type { VaultConfig } from '../config.ts';
import { type ReadFile, readKek } from './kek.ts';
import { keyFileNames, parseKeyDescription, teamSecretLabel } from './key-files.ts';
import { type OpenedKey, wipe } from './opened-key.ts';

/** What must be known of the keys to open them. */
export type KeyConfig = Pick<VaultConfig, 'team' | 'dimension' | 'keys'>;

/**
 * The keys of all configured versions, current first. Whoever gets them disposes them; `buildKeyring` does.
 * @throws VaultError `key_missing`, `wrong_kek`, `deserialization_failed`, `wrong_key`
 */
export async function openKeys(config: KeyConfig, read: ReadFile = readFile): Promise<OpenedKey[]> {
	const kek = await readKek(config.keys.kekFile, 'key encryption key', read).catch(error => {
		throw error instanceof VaultError ? new VaultError('key_missing', `no key: ${error.message}`, { cause: error }) : error;
	});
	const opened: OpenedKey[] = [];
	try {
		for (const version of config.keys.versions)
			opened.push(await openKey(join(config.keys.directory, String(version)), version, kek, config, read));
		return opened;
	} catch (error) {
		for (const key of opened) wipe(key);
		throw error;
	} finally {
		kek.fill(0);
	}
}

async function openKey(
	directory: string,
	version: number,
	kek: Uint8Array,
	{ team, dimension }: KeyConfig,
	read: ReadFile,
): Promise<OpenedKey> {
	const files = {
		secretKey: join(directory, keyFileNames.secretKey),
		teamSecret: join(directory, keyFileNames.teamSecret),
		description: join(directory, keyFileNames.description),
	};
	const sealedKey = await readKeyFile(files.secretKey, read);
	const sealedTeamSecret = await readKeyFile(files.teamSecret, read);
	const descriptionText = await readKeyFile(files.description, read);
	const description = named(files.description, () => parseKeyDescription(descriptionText.toString('utf8')));
	if (description.team !== team || description.dimension !== dimension || description.version !== version) {
		throw new VaultError('wrong_key', `${files.description}: is of another team, dimension or version than the configuration`);
	}
	const secretKey = named(files.secretKey, () => openUntampered(sealedKey, kek, sealedTeamSecret));
	try {
		const teamSecret = named(files.teamSecret, () => openBytes(sealedTeamSecret, kek, teamSecretLabel));
		return { version, secretKey, teamSecret, createdAt: description.createdAt };
	} catch (error) {
		secretKey[Symbol.dispose]();
		throw error;
	}
}

/**
 * The tag alone does not tell a wrong KEK from an altered file. The team secret does, because it was sealed under the same KEK: when that
 * opens, the KEK is right.
 */
function openUntampered(sealedKey: Uint8Array, kek: Uint8Array, sealedTeamSecret: Uint8Array): SecretKey {
	try {
		return openSealedSecretKey(sealedKey, kek);
	} catch (error) {
		if (!(error instanceof VaultError) || error.code !== 'wrong_kek') throw error;
		if (!opens(sealedTeamSecret, kek)) throw error;
		throw new VaultError('deserialization_failed', `tampered: the KEK opens ${keyFileNames.teamSecret}, and not this file`, {
			cause: error,
		});
	}
}

function opens(sealedTeamSecret: Uint8Array, kek: Uint8Array): boolean {
	try {
		openBytes(sealedTeamSecret, kek, teamSecretLabel).fill(0);
		return true;
	} catch {
		return false;
	}
}

async function readKeyFile(file: string, read: ReadFile): Promise<Buffer> {
	try {
		return await read(file);
	} catch (cause) {
		throw new VaultError('key_missing', `no key: ${file} cannot be read`, { cause });
	}
}

/** Puts the file's name before what is wrong with it: `<file>: wrong KEK`. */
function named<T>(file: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		throw new VaultError(error.code, `${file}: ${error.message}`, { cause: error });
	}
}
