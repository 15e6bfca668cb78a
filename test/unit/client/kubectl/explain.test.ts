import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { explainTerm, explainVault, TERMS } from '../../../../client/kubectl/explain.ts';
import { CONDITION_TYPES, REASONS } from '../../../../crds/conditions.ts';
import { EVENTS } from '../../../../crds/explanations-events.ts';
import { aStatus, aVault, condition, conditions } from './builders.ts';
import { kubectl } from './fake-cluster.ts';

const OPERATOR = join(import.meta.dirname, '..', '..', '..', '..', 'operator');

/** Every word that the operator's source gives as a reason: of an event, a condition, a problem or a choice. */
async function reasonsInSource(): Promise<Set<string>> {
	const files = (await readdir(OPERATOR, { recursive: true })).filter(file => file.endsWith('.ts'));
	const texts = await Promise.all(files.map(file => readFile(join(OPERATOR, file), 'utf8')));
	const given = texts.flatMap(text => [
		...(text.match(/(?<=\breason: )[^\n]+/g) ?? []).flatMap(
			line => line.split(/, (?:action|message)/)[0]?.match(/(?<=')[A-Z]\w+(?=')/g) ?? [],
		),
		...(text.match(/(?<=\b(?:yes|no|unknown)\(\s*')[A-Z]\w+/g) ?? []),
	]);
	return new Set(given);
}

describe('kubectl runevault explain: a word', () => {
	it('[CLI-44] every reason that the operator can give is explained', async () => {
		const given = await reasonsInSource();
		for (const known of ['Healed', 'PromotionRefused', 'KeysMissing', 'NoAnswer', 'NoGuardRows'])
			assert.ok(given.has(known) || TERMS.includes(known), known);
		assert.ok(given.size > 30, `${given.size} are found`);
		assert.deepEqual(
			[...given].filter(reason => !TERMS.includes(reason)),
			[],
		);
	});

	it('[CLI-44] no event is explained that the operator does not write', async () => {
		const given = await reasonsInSource();
		assert.deepEqual(
			Object.keys(EVENTS).filter(reason => !given.has(reason)),
			[],
		);
	});

	it('[CLI-44] every condition and reason has a meaning, and a way out unless it is good', () => {
		for (const type of CONDITION_TYPES) {
			assert.match(explainTerm(type)[0] ?? '', new RegExp(`^${type}: .*\\?`));
			for (const reason of REASONS[type]) assert.match(explainTerm(reason).join('\n'), /^ {2}means {2}\S/m, reason);
		}
		assert.match(explainTerm('KeysMissing').join('\n'), /^ {2}do {5}Restore Secret <name>-keys-1/m);
	});

	it('needs no cluster, and lists the conditions without a word', async () => {
		const one = await kubectl(['explain', 'RotationOverdue'], {});
		assert.deepEqual([one.code, one.received.length], [0, 0]);
		assert.match(one.out, /^RotationOverdue, of the condition TokensCurrent\n {2}means {2}rotateEvery is over/);
		const all = await kubectl(['explain'], {});
		assert.equal(all.out.match(/^\w+/gm)?.length, CONDITION_TYPES.length);
	});

	it('one that is not known is refused', async () => {
		const { code, err } = await kubectl(['explain', 'Frobnicated'], {});
		assert.deepEqual([code, err.includes('Frobnicated is neither a condition nor a reason')], [1, true]);
	});
});

describe('kubectl runevault explain: a vault', () => {
	const broken = aVault({
		status: aStatus({
			conditions: conditions(
				condition('KeysLoaded', 'False', 'KeysMissing', 'Secret acme-keys-1 is missing.'),
				condition('Degraded', 'True', 'KeysMissing', 'Secret acme-keys-1 is missing.'),
			),
		}),
	});

	it('[CLI-44] says of each condition that is not as it should be what it says, means and asks to be done, by the name of the vault', async () => {
		const { code, out } = await kubectl(['explain', 'acme'], { vaults: [broken] });
		assert.equal(code, 0);
		assert.deepEqual(out.match(/^ {2}\w+=.*$/gm), ['  KeysLoaded=False KeysMissing', '  Degraded=True KeysMissing']);
		assert.match(out, /says {3}Secret acme-keys-1 is missing\.$/m);
		assert.match(out, /do {5}Restore Secret acme-keys-1, or acme-kek/);
		assert.ok(out.split('\n').every(line => line.length <= 100));
	});

	it('shows one condition or reason when asked, good or not', async () => {
		assert.match((await kubectl(['explain', 'acme', 'StandbyReady'], { vaults: [broken] })).out, /StandbyReady=True Standing/);
		const none = await kubectl(['explain', 'acme', 'NoPrimary'], { vaults: [broken] });
		assert.match(none.out, /^rune\/acme: no condition has the reason NoPrimary now\nNoPrimary, of the condition PrimaryAvailable/);
	});

	it('says so when all is well, and when the operator has said nothing', () => {
		assert.deepEqual(explainVault(aVault(), undefined), ['rune/acme: every condition is as it should be']);
		assert.match(explainVault(aVault({ status: {} }), undefined)[0] ?? '', /the operator has not reported yet/);
	});

	it('a reason of a newer operator is told as such', () => {
		const newer = condition('KeysLoaded', 'False', 'FromTheFuture' as never);
		assert.match(
			explainVault(aVault({ status: aStatus({ conditions: conditions(newer) }) }), undefined).join('\n'),
			/does not know this reason/,
		);
	});
});
