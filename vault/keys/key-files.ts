/** The files of one key, as the key Secret holds them and as they are mounted in `/vault_keys/<version>/`. */
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';

export const keyFileNames = { secretKey: 'SecKey_sealed.bin', teamSecret: 'TeamSecret_sealed.bin', description: 'key.json' } as const;

/** Sealed with the secret, so that no other secret under the same KEK is taken for it. */
export const teamSecretLabel = 'team-secret';

const descriptionSchema = z.object({
	version: z.int(),
	team: z.string(),
	dimension: z.int(),
	fingerprint: z.string(),
	createdAt: z.string(),
});

/** key.json: what may be known of a key without opening it. */
export type KeyDescription = z.infer<typeof descriptionSchema>;

/** @throws VaultError `deserialization_failed` */
export function parseKeyDescription(text: string): KeyDescription {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		value = undefined;
	}
	const parsed = descriptionSchema.safeParse(value);
	if (!parsed.success) throw new VaultError('deserialization_failed', `Deserialization failed: ${keyFileNames.description}`);
	return parsed.data;
}
