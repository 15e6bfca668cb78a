/** A key between being opened and being put into the keyring: the only form in which its secrets are held, and not for long. */
import type { SecretKey } from '../../fhe/secret-key.ts';

export type OpenedKey = { version: number; secretKey: SecretKey; teamSecret: Uint8Array; createdAt: string };

/** Overwrites what is secret. */
export function wipe({ secretKey, teamSecret }: OpenedKey): void {
	secretKey[Symbol.dispose]();
	teamSecret.fill(0);
}
