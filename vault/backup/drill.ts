/** The proof that an archive is worth something: its keys are loaded as a Vault loads them, and decrypt a canary of the vault. */
import type { Seal } from '../../fhe/seal.ts';
import { canaryAnswer } from '../keys/canary.ts';
import { buildKeyring } from '../keys/keyring.ts';
import type { Archive } from './archive.ts';
import { BackupError } from './backup-error.ts';
import { damaged, parts } from './manifest.ts';
import { keyConfigOf, openArchivedKeys } from './opened.ts';

/**
 * @param kekFile where the KEK lies when the archive has none
 * @returns the fingerprint of the key that decrypted
 * @throws BackupError `KeyUnopened`, `ArchiveDamaged`, `CanaryFailed`
 */
export async function proveArchive(seal: Seal, { manifest, parts: archived }: Archive, kekFile: string | undefined): Promise<string> {
	const canary = archived.get(parts.canary);
	const answer = archived.get(parts.answer);
	if (canary === undefined) throw damaged(parts.canary, 'is missing');
	if (answer === undefined) throw damaged(parts.answer, 'is missing');
	using opened = await openArchivedKeys(manifest, archived, kekFile);
	using keyring = buildKeyring(seal, opened.keys, keyConfigOf(manifest));
	const { decryptor, fingerprint } = keyring.current;
	if (canaryAnswer(canary, decryptor) !== Buffer.from(answer).toString('utf8')) {
		throw new BackupError('CanaryFailed', `the key ${fingerprint} does not decrypt the canary of the vault`);
	}
	return fingerprint;
}
