/** The key generation where a Secret of somebody else has the name of its KEK. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BackupStage, base64 } from './backup/stage.ts';
import { faultOf } from './memory-store.ts';
import { secrets } from './pod-home.ts';

const KEK = `${secrets}/acme-kek`;

describe('a Secret in the place of the KEK', () => {
	let stage: BackupStage;
	before(async () => {
		stage = await BackupStage.create();
	});
	after(() => stage?.close());

	for (const [what, data] of [
		['with other content', { theirs: 'eWVz' }],
		['with a kek of another size', { kek: base64('k'.repeat(33)) }],
		['without anything', undefined],
	] as const) {
		it(`[OPR-183] ${what}: no key is made, nothing is written, and the word says whose it is not`, async () => {
			stage.lose(KEK, `${secrets}/acme-keys-1`);
			stage.put(KEK, { ...(data && { data }) });
			const before = new Map(stage.api.objects);
			await assert.rejects(stage.keygen(), faultOf('KekSecretTaken'));
			assert.deepEqual(stage.api.objects, before);
		});
	}
});
