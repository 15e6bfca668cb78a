import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aVault } from './builders.ts';
import { kubectl, type World } from './fake-cluster.ts';

const rejected = (name: string, rejections: number) => JSON.stringify({ name, rejections });
const ledgers = {
	acme: {
		'bits.abababababababab': '12.5',
		'token.0123': rejected('team', 3),
		'token.4567': rejected('team', 1),
		'token.89ab': rejected('admin', 3),
	},
};
const unlock = (words: string, world: World = { ledgers }) => kubectl(['unlock', ...words.split(' ')], { vaults: [aVault()], ...world });

describe('kubectl runevault unlock', () => {
	it('[CLI-30] takes the rejections of this token out of the account, and nothing else', async () => {
		const { code, out, err, received } = await unlock('acme team');
		assert.deepEqual(
			[code, out, err],
			[0, 'token team of acme: unlocked on every pod within seconds; guard rows were damaged 4 times\n', ''],
		);
		const patches = received.filter(({ method }) => method === 'PATCH');
		assert.match(patches[0]?.url ?? '', /\/namespaces\/rune\/configmaps\/acme-ledger\?fieldManager=kubectl-runevault$/);
		assert.deepEqual(
			patches.map(({ body }) => JSON.parse(body)),
			[{ data: { 'token.0123': null, 'token.4567': null } }],
		);
	});

	it('[CLI-30] writes nothing for a token that has no rejections', async () => {
		const { code, out, received } = await unlock('acme guest');
		assert.deepEqual([code, out], [0, 'token guest of acme: no guard rows were damaged, it is not locked\n']);
		assert.ok(received.every(({ method }) => method === 'GET'));
	});

	it('[CLI-30] says in one line what is not there, and which argument is missing', async () => {
		for (const [words, world, code, text] of [
			['other team', { ledgers }, 1, 'there is no RuneVault other in namespace rune'],
			['acme team', {}, 1, 'there is no ConfigMap acme-ledger in namespace rune; the operator makes it'],
			['acme', { ledgers }, 2, 'unlock: no TOKEN'],
			['acme team --no-wait', { ledgers }, 2, 'unlock: --no-wait is no option of this command'],
		] as const) {
			const result = await unlock(words, world);
			assert.deepEqual([result.code, result.err], [code, `kubectl runevault: ${text}\n`]);
		}
	});
});
