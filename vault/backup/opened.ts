/** Opens the keys of an archive as a Vault pod opens those it has mounted: the same code, with the archive in the place of the folders. */
import { readFile } from 'node:fs/promises';
import { deriveEncKey, fingerprint } from '../../fhe/derive.ts';
import { VaultError } from '../../fhe/errors.ts';
import type { KeyConfig } from '../keys/custody.ts';
import { openKeys } from '../keys/custody.ts';
import type { ReadFile } from '../keys/kek.ts';
import { type OpenedKey, wipe } from '../keys/opened-key.ts';
import type { Parts } from './archive.ts';
import { BackupError } from './backup-error.ts';
import { type Description, parts } from './manifest.ts';

/** Current first. Disposing it wipes the keys. */
export type ArchivedKeys = Disposable & { keys: OpenedKey[] };

/** The configuration of a pod with these keys. */
export const keyConfigOf = ({ team, dimension, keyVersions, fingerprint: expected }: Description): KeyConfig => ({
	...{ team, dimension },
	keys: { directory: 'keys', versions: keyVersions, kekFile: parts.kek, fingerprint: expected },
});

/**
 * @param kekFile where the KEK lies when the archive has none
 * @throws BackupError `KeyUnopened` when the KEK does not open the key, or the fingerprint is another
 */
export async function openArchivedKeys(description: Description, archived: Parts, kekFile: string | undefined): Promise<ArchivedKeys> {
	const keys = await open(description, archived, kekFile);
	const [current] = keys;
	const opened = { keys, [Symbol.dispose]: () => keys.forEach(wipe) };
	if (current !== undefined && fingerprint(deriveEncKey(current.secretKey)) === description.fingerprint) return opened;
	opened[Symbol.dispose]();
	throw new BackupError('KeyUnopened', `the key is not the one that is described: its fingerprint is not ${description.fingerprint}`);
}

async function open(description: Description, archived: Parts, kekFile: string | undefined): Promise<OpenedKey[]> {
	try {
		return await openKeys(keyConfigOf(description), reader(archived, kekFile));
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		throw new BackupError('KeyUnopened', `the key does not open: ${error.message}`, { cause: error });
	}
}

/** A copy each time, because whoever reads wipes. */
const reader =
	(archived: Parts, kekFile: string | undefined): ReadFile =>
	async file => {
		if (file === parts.kek && kekFile !== undefined) return readFile(kekFile);
		const part = archived.get(file);
		if (part === undefined) throw new Error(`the archive has no ${file}`);
		return Buffer.from(part);
	};
