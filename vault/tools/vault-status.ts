/** `vault_status`: what this Vault is, which key it holds, and which limits the caller works under. */
import { z } from 'zod';
import type { VaultConfig } from '../config.ts';
import { MAX_BODY_BYTES } from '../http/limits.ts';
import type { Balance } from '../ledger/define.ts';
import { version } from '../version.ts';
import { MAX_BLOBS } from './decrypt-scores.ts';
import type { ToolDefinition } from './define.ts';

const input = z.strictObject({});

const output = z.object({
	vault: z.string(),
	team: z.string(),
	vault_version: z.string(),
	role: z.enum(['primary', 'standby']),
	epoch: z.int(),
	key_id: z.string(),
	key_version: z.int(),
	fingerprint: z.string(),
	dimension: z.int(),
	identity: z.object({ name: z.string(), role: z.enum(['Member', 'Admin']), generation: z.int() }),
	released_bits: z.object({
		key: z.number().describe('Bits of the key that are on account, by all pods'),
		limit_per_key: z.int(),
		left: z.number(),
		on_limit: z.enum(['Alert', 'Refuse']),
		today: z.number().describe('Bits on account of this token today (UTC), as far as the pods have told'),
	}),
	limits: z.object({
		max_top_k: z.int(),
		calls_per_minute: z.int().describe('One ciphertext blob is one call'),
		max_blobs_per_call: z.int(),
		max_body_bytes: z.int(),
		score_decimals: z.int().describe('Scores are ranked first, then rounded'),
	}),
	protection: z.object({
		guard_rows: z.int().describe('Encryptions of zero at the head of each group of rows; 0: none are asked for'),
		score_noise: z.number().describe('Standard deviation of the noise on each score; 0: none'),
		provenance: z.enum(['Optional', 'Required']).describe('Whether results must be signed by the search service'),
	}),
});

export function vaultStatus(config: VaultConfig): ToolDefinition<z.infer<typeof input>, z.infer<typeof output>> {
	return {
		name: 'vault_status',
		title: 'Vault status',
		description: 'Version, key, role and limits of this Vault.',
		input,
		output,
		run: (_input, { identity, keyring: { current }, ledger, role }) => ({
			vault: config.vault,
			team: config.team,
			vault_version: version,
			...role,
			key_id: current.id,
			key_version: current.version,
			fingerprint: current.fingerprint,
			dimension: config.dimension,
			identity: { name: identity.name, role: identity.role, generation: identity.generation },
			released_bits: releasedBits(ledger.balance(identity, current)),
			limits: {
				max_top_k: config.limits.topK,
				calls_per_minute: config.limits.callsPerMinute,
				max_blobs_per_call: MAX_BLOBS,
				max_body_bytes: MAX_BODY_BYTES,
				score_decimals: 4,
			},
			protection: {
				guard_rows: config.protection.guardRows,
				score_noise: config.protection.smudge,
				provenance: config.protection.provenance.mode,
			},
		}),
	};
}

const releasedBits = ({ released, limit, left, onLimit, today }: Balance) => ({
	key: released,
	limit_per_key: limit,
	left,
	on_limit: onLimit,
	today,
});
