/** Whatever is asked for, whenever pods learn of it and wherever the operator dies: what a rotation never does, and where it ends. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { durationMs } from '../../../crds/fields.ts';
import type { TokenView } from '../../../operator/observe/observed.ts';
import { Applier } from '../../../operator/reconcile/apply.ts';
import { acceptedTokens, type WantedToken } from '../../../operator/reconcile/token-state.ts';
import { tokenDigest } from '../../../operator/reconcile/token-text.ts';
import { ensureToken, type TokenEffects } from '../../../operator/reconcile/tokens.ts';
import { NOW, vault } from '../../unit/operator/builders.ts';
import { FakeApi } from '../../unit/operator/fake-api.ts';

type Action = { what: 'raise' | 'look' | 'restart' } | { what: 'adopt'; isAdopted: boolean } | { what: 'wait'; ms: number };

const action: fc.Arbitrary<Action> = fc.oneof(
	fc.constantFrom<Action>({ what: 'raise' }, { what: 'look' }, { what: 'restart' }),
	fc.boolean().map(isAdopted => ({ what: 'adopt', isAdopted }) as const),
	fc.integer({ min: 0, max: 90_000 }).map(ms => ({ what: 'wait', ms }) as const),
);
const plans = fc.record({
	overlap: fc.constantFrom('0s', '1s', '45s', '59s'),
	rotateEvery: fc.constantFrom(undefined, '1m', '3m'),
	actions: fc.array(action, { maxLength: 40 }),
});
type Plan = { overlap: string; rotateEvery: string | undefined; actions: Action[] };

/** One token and the operator that looks after it. */
class Rotation {
	readonly api = new FakeApi();
	readonly wanted: WantedToken;
	now = NOW;
	isAdopted = false;
	/** SHA-256 of each token that was the one in the Secret. */
	readonly handedOut = new Set<string>();
	#applier = this.#newApplier();
	#bytes = 0;

	constructor({ overlap, rotateEvery }: Plan) {
		this.wanted = { name: 'team', generation: 1, overlap, ...(rotateEvery === undefined ? {} : { rotateEvery }) };
	}

	#newApplier(): Applier {
		return new Applier({ transport: this.api, find: this.api.find, now: () => this.now });
	}

	#text(field: string): string | undefined {
		const encoded = Object(this.api.objects.get('rune/secrets/acme-token-team')?.data)[field];
		return encoded && Buffer.from(encoded, 'base64').toString();
	}

	restart(): void {
		this.#applier = this.#newApplier();
	}

	async look(): Promise<TokenView> {
		this.api.sync();
		const effects: TokenEffects = {
			applier: this.#applier,
			inputs: { version: '1' },
			readTexts: async () => ({ token: this.#text('token'), next: this.#text('next') }),
			randomBytes: () =>
				createHash('sha512')
					.update(String(this.#bytes++))
					.digest(),
			now: this.now,
			isAdopted: () => this.isAdopted,
			onStep: () => undefined,
		};
		const view = await ensureToken(vault(), this.wanted, effects);
		assert.ok(view !== undefined && 'sha256' in view);
		const text = this.#text('token') ?? '';
		assert.equal(view.sha256, tokenDigest(text), 'the digest noted is that of the text');
		this.handedOut.add(tokenDigest(text));
		this.#judge(view);
		return view;
	}

	/** What must hold at any time. */
	#judge(view: TokenView): void {
		const overlapMs = durationMs(this.wanted.overlap);
		const accepted = acceptedTokens(this.wanted, view, this.now);
		assert.ok(accepted.length >= 1 && accepted.length <= 3);
		assert.ok(accepted.filter(({ until }) => until !== undefined).length <= 1, 'one former token at the most');
		if (overlapMs > 0)
			assert.ok(
				accepted.some(({ sha256 }) => sha256 === view.sha256),
				'the token in the Secret is accepted',
			);
		if (overlapMs === 0) assert.equal(accepted.length, 1, 'without an overlap one token is accepted');
		for (const { sha256, until } of accepted) {
			if (until === undefined) assert.ok([view.sha256, view.next?.sha256].includes(sha256));
			else assert.ok(this.handedOut.has(sha256) && until <= Date.parse(view.rotatedAt ?? '') + overlapMs, 'no longer than the overlap');
		}
	}

	async act(given: Action): Promise<void> {
		switch (given.what) {
			case 'raise':
				this.wanted.generation += 1;
				break;
			case 'restart':
				this.restart();
				break;
			case 'adopt':
				this.isAdopted = given.isAdopted;
				break;
			case 'wait':
				this.now += given.ms;
		}
		await this.look();
	}
}

describe('the rotations of a token', () => {
	it('[OPR-40] [OPR-41] [OPR-43] never leave the Secret with a token that is refused, and end where the spec says', async () => {
		await fc.assert(
			fc.asyncProperty(plans, async plan => {
				const rotation = new Rotation(plan);
				for (const each of plan.actions) await rotation.act(each);
				rotation.isAdopted = true;
				for (let looks = 0; looks < 3; looks++) await rotation.look();
				const view = await rotation.look();
				assert.deepEqual([view.generation, view.next], [rotation.wanted.generation, undefined]);
				const writes = rotation.api.writes.length;
				await rotation.look();
				assert.equal(rotation.api.writes.length, writes, 'and then nothing is written');
			}),
			{ numRuns: 300 },
		);
	});
});
