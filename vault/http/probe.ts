/**
 * `GET /probe?canary=<i>&nonce=<hex>`: how the operator knows that this pod really decrypts with the right key.
 *
 * The pod holds the canary's ciphertext but not its answer (keys/canary.ts). The nonce keeps an old answer from being played back.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Middleware } from 'koa';
import { canaryAnswer, canaryDigest } from '../keys/canary.ts';
import { isReady, roleOf } from '../state.ts';
import type { Vault } from '../vault.ts';
import { version } from '../version.ts';

const CANARY = /^\d{1,3}$/;
const NONCE = /^[0-9a-f]{1,128}$/;

export function answerProbe({ state, config, log }: Vault): Middleware {
	return async ctx => {
		if (ctx.path !== '/probe') return;
		// Not `ctx.URL`, which has no parameters when the Host is none.
		const question = new URLSearchParams(ctx.querystring);
		const canary = question.get('canary');
		const nonce = question.get('nonce');
		const key = state.keyring?.current;
		ctx.body = {
			vault_version: version,
			...roleOf(state),
			ready: isReady(state),
			draining: state.isDraining,
			...(key === undefined ? {} : { keys: { version: key.version, fingerprint: key.fingerprint } }),
			tokens: state.verifiers?.ids() ?? {},
			...(state.verifiers?.problem() === undefined ? {} : { verifiers_problem: state.verifiers.problem() }),
		};
		if (key === undefined || canary === null || nonce === null) return;
		if (!CANARY.test(canary) || !NONCE.test(nonce)) {
			ctx.status = 400;
			ctx.body = { error: 'canary must be a number and nonce hex digits' };
			return;
		}
		try {
			const blob = await readFile(join(config.canaryDirectory, `${canary}.bin`));
			ctx.body = {
				...ctx.body,
				canary: { index: Number(canary), digest: canaryDigest(nonce, canaryAnswer(new Uint8Array(blob), key.decryptor)) },
			};
		} catch (error) {
			// The pod is alive all the same; the operator sees that the proof is missing.
			log.warn({ err: error, canary }, 'canary not answered');
		}
	};
}
