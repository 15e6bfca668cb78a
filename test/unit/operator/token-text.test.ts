import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { isToken, makeToken } from '../../../operator/reconcile/token-text.ts';

describe('the text of a token', () => {
	it('[OPR-12] is evt_{team}_ and 32 characters of base62', () => {
		const text = makeToken('acme', randomBytes);
		assert.match(text, /^evt_acme_[0-9A-Za-z]{32}$/);
		assert.ok(isToken(text, 'acme'));
		assert.ok(!isToken(text, 'other'));
		assert.ok(!isToken(`${text}x`, 'acme'));
		assert.ok(!isToken(text.slice(0, -1), 'acme'));
	});

	it('[OPR-12] takes every character equally often: bytes that would favour some are thrown away', () => {
		const counts = new Map<string, number>();
		for (let byte = 0; byte < 256; byte++) {
			let calls = 0;
			// Bytes that are thrown away are followed by others.
			const text = makeToken('a', size => new Uint8Array(size).fill(calls++ === 0 ? byte : 0));
			const [character = ''] = text.slice('evt_a_'.length);
			assert.equal(text, `evt_a_${character.repeat(32)}`);
			if (calls === 1) counts.set(character, (counts.get(character) ?? 0) + 1);
			else assert.ok(byte >= 248, `${byte} was thrown away`);
		}
		assert.equal(counts.size, 62);
		assert.deepEqual(new Set(counts.values()), new Set([4]));
	});
});
