/**
 * Provenance: a compact JWS (RFC 7515) by which the search service says that it made a result, for whom, and when.
 *
 *     header   {"alg": "EdDSA", "kid": key, "typ": "runevault-result+jws"}
 *     payload  {"sub": token name, "idx": index, "jti": nonce, "exp": seconds, "sha256": hex digest of the blob}
 *
 * A nonce counts once. It is taken when the envelope is checked, so that two calls at once cannot both have it, and given back when the
 * call ends without an answer. Nonces are remembered by each pod for itself: after a failover the new primary takes an envelope once more,
 * and gives the same answer, because the noise is derived from the ciphertext.
 */
import { createHash } from 'node:crypto';
import { compactVerify, importSPKI } from 'jose';
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import type { VaultConfig } from '../config.ts';

/** The one text for every envelope that is not taken, and for one that is missing. */
const PROVENANCE_REFUSAL = 'The provenance of the result was refused: search again';

const ENVELOPE_TYPE = 'runevault-result+jws';
export const MAX_ENVELOPE_LENGTH = 4096;
/** How far ahead an envelope may expire, in seconds. */
const MAX_LIFE = 300;
/** By how much the clocks of the search service and of this pod may differ, in seconds. */
const CLOCK_SKEW = 30;
/** Nonces kept at most: five minutes of 16 blobs a call at 2,500 calls a minute. When full, nothing new is taken. */
const MAX_NONCES = 200_000;

const payloadSchema = z.object({
	sub: z.string(),
	idx: z.string(),
	jti: z.string().min(16).max(128),
	exp: z.number(),
	sha256: z.string(),
});

/** A blob with its envelope. */
export type Claimed = { blob: Uint8Array; envelope: string | undefined };

export type Provenance = {
	/**
	 * Checks the envelopes of a call and takes their nonces.
	 * @returns gives the nonces back, for a call that ends without an answer
	 * @throws VaultError `provenance_refused`, always with the same text
	 */
	claim(results: readonly Claimed[], tokenName: string): Promise<() => void>;
};

export type ProvenanceOptions = VaultConfig['protection']['provenance'] & { indexName: string | undefined; now: () => number };

export function createProvenance({ mode, publicKeys, indexName, now }: ProvenanceOptions): Provenance {
	const keys = new Map(publicKeys.map(({ kid, key }) => [kid, importSPKI(key, 'EdDSA')]));
	// A key that cannot be read refuses its envelopes when they come; without this it would end the process before.
	for (const key of keys.values()) key.catch(() => undefined);
	const nonces = createNonces(now);

	const check = async ({ blob, envelope }: Claimed, tokenName: string): Promise<string | undefined> => {
		if (envelope === undefined) {
			if (mode === 'Required') throw new Error('no envelope');
			return undefined;
		}
		const { payload, protectedHeader } = await compactVerify(
			envelope,
			({ kid = '' }) => keys.get(kid) ?? Promise.reject(new Error('kid')),
			{
				algorithms: ['EdDSA'],
			},
		);
		const { sub, idx, jti, exp, sha256 } = payloadSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
		const ahead = exp - now() / 1000;
		const isRight =
			protectedHeader.typ === ENVELOPE_TYPE &&
			sub === tokenName &&
			idx === (indexName ?? idx) &&
			ahead > 0 &&
			ahead <= MAX_LIFE + CLOCK_SKEW &&
			sha256 === createHash('sha256').update(blob).digest('hex');
		const nonce = `${protectedHeader.kid}/${jti}`;
		if (!isRight || !nonces.take(nonce, exp * 1000)) throw new Error('envelope');
		return nonce;
	};

	return {
		claim: async (results, tokenName) => {
			// Nobody to ask: an envelope is proof of nothing, and none is demanded.
			if (mode === 'Optional' && publicKeys.length === 0) return () => undefined;
			const checked = await Promise.allSettled(results.map(result => check(result, tokenName)));
			const taken = checked.flatMap(one => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
			const giveBack = () => {
				for (const nonce of taken) nonces.giveBack(nonce);
			};
			if (checked.every(({ status }) => status === 'fulfilled')) return giveBack;
			giveBack();
			throw new VaultError('provenance_refused', PROVENANCE_REFUSAL);
		},
	};
}

type Nonces = {
	/** False when it was taken before, or when there is no room. */
	take(nonce: string, expiresAt: number): boolean;
	giveBack(nonce: string): void;
};

/** Nonces until they expire; expired ones make room when it is needed. */
function createNonces(now: () => number): Nonces {
	const taken = new Map<string, number>();
	const makeRoom = () => {
		for (const [nonce, expiresAt] of taken) if (expiresAt <= now()) taken.delete(nonce);
	};
	return {
		take: (nonce, expiresAt) => {
			if (taken.size >= MAX_NONCES) makeRoom();
			if (taken.has(nonce) || taken.size >= MAX_NONCES) return false;
			taken.set(nonce, expiresAt);
			return true;
		},
		giveBack: nonce => {
			taken.delete(nonce);
		},
	};
}
