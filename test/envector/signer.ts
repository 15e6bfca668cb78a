/**
 * Signs results: whose they are, of which index, and what exactly was answered (vault/protect/provenance.ts reads it). The key pair is new
 * at each start. A real service knows for whom it searches from its caller's login; this one believes what it is told.
 */
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';

export type PublicSigningKey = {
	kid: string;
	/** PEM. */
	key: string;
};

export type Signer = {
	publicKey: PublicSigningKey;
	/** A compact JWS that is good for a minute. */
	sign(answer: { blob: Uint8Array; index: string; agent: string }): Promise<string>;
};

const LIFE_SECONDS = 60;

export function createSigner(now: () => number = Date.now): Signer {
	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
	const kid = createHash('sha256').update(key).digest('hex').slice(0, 12);
	return {
		publicKey: { kid, key },
		sign: ({ blob, index, agent }) => {
			const claims = {
				sub: agent,
				idx: index,
				jti: randomUUID(),
				exp: Math.floor(now() / 1000) + LIFE_SECONDS,
				sha256: createHash('sha256').update(blob).digest('hex'),
			};
			return new CompactSign(Buffer.from(JSON.stringify(claims)))
				.setProtectedHeader({ alg: 'EdDSA', kid, typ: 'runevault-result+jws' })
				.sign(privateKey);
		},
	};
}
