/**
 * `get_public_key`: all a member needs to encrypt. Key files come as their text, which is what existing clients save to disk.
 * EvalKey.json has 5.8 MB, and only the search service needs it: it comes as a link with its digest unless asked for. The files are
 * ASCII, so they are read as `latin1`, which needs no decoding.
 */
import { z } from 'zod';
import type { VaultConfig } from '../config.ts';
import type { ToolDefinition } from './define.ts';

const input = z.strictObject({
	include: z
		.array(z.enum(['EvalKey.json']))
		.max(1)
		.optional()
		.describe('Key files to send inline instead of as a link'),
});

const linkSchema = z.object({
	url: z.string().describe("Relative to this server's URL; needs the same bearer token"),
	sha256: z.string().describe('Hex digest of the file'),
	bytes: z.int(),
});

const output = z.object({
	key_id: z.string().describe('Names this key in decrypt_scores'),
	key_version: z.int(),
	fingerprint: z.string().describe('sha256: of the binary encryption key'),
	dimension: z.int().describe('Dimension of the vectors'),
	index_name: z.string().optional().describe('The index the team uses in enVector'),
	guard_rows: z
		.int()
		.describe('Encryptions of the zero vector that each group of rows of an index must begin with (128 rows; 64 at dimension 4096)'),
	'EncKey.json': z.string().describe('Text of the encryption key file'),
	'EvalKey.json': z.union([linkSchema, z.string()]).describe('The evaluation key file for the search service: a link, or its text'),
	'MetadataKey.json': z
		.object({ agent_id: z.string(), key: z.string().describe('32 bytes, base64') })
		.describe("This identity's own key for metadata; symmetric, so keep it as secret as the token"),
});

const evalKeyPath = '/v1/keys/EvalKey.json';

export function getPublicKey({
	dimension,
	indexName,
	protection,
}: VaultConfig): ToolDefinition<z.infer<typeof input>, z.infer<typeof output>> {
	return {
		name: 'get_public_key',
		title: 'Get the public keys',
		description: "The team's public encryption keys, and the caller's own metadata key.",
		input,
		output,
		run({ include = [] }, { keyring, identity, run }) {
			const { current, files } = keyring;
			const evalKey = files['EvalKey.json'];
			run.keyVersion = current.version;
			const ownKey = keyring.metadataKey(identity.name);
			const metadataKey = { agent_id: identity.name, key: Buffer.from(ownKey.buffer, ownKey.byteOffset, ownKey.length).toString('base64') };
			ownKey.fill(0);
			return {
				key_id: current.id,
				key_version: current.version,
				fingerprint: current.fingerprint,
				dimension,
				...(indexName === undefined ? {} : { index_name: indexName }),
				guard_rows: protection.guardRows,
				'EncKey.json': files['EncKey.json'].body.toString('latin1'),
				'EvalKey.json': include.includes('EvalKey.json')
					? evalKey.body.toString('latin1')
					: { url: evalKeyPath, sha256: evalKey.sha256, bytes: evalKey.body.length },
				'MetadataKey.json': metadataKey,
			};
		},
	};
}
