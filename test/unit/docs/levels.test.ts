/** docs/capability-levels.md, held against the tests it names. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readText } from './pages.ts';

/** Links such as `[OPR-31 to OPR-37](../test/…)`, each with the ids in its text. */
function citations(text: string): { ids: string[]; file: string }[] {
	const links = [...text.matchAll(/\[([^\]]*[A-Z]{3}-\d+[^\]]*)\]\(([^)]+)\)/g)];
	return links.map(([, words = '', file = '']) => ({ ids: words.match(/[A-Z]{3}-\d+/g) ?? [], file }));
}

async function missing(text: string): Promise<string[]> {
	const found = citations(text).map(async ({ ids, file }) => {
		const test = await readText(join('docs', file));
		return ids.filter(id => !test.includes(`[${id}]`)).map(id => `${id} in ${file}`);
	});
	return (await Promise.all(found)).flat();
}

describe('the capability levels', () => {
	it('[DOC-6] name promises that the tests beside them cite', async () => {
		const text = await readText('docs/capability-levels.md');
		assert.deepEqual(await missing(text), []);
		assert.ok(citations(text).length > 25);
	});

	it('[DOC-6] and so does the comparison', async () => {
		assert.deepEqual(await missing(await readText('docs/comparison.md')), []);
	});

	it('[DOC-6] that name one which the test does not cite are found', async () => {
		const link = '[DOC-6, OPR-1](../test/unit/docs/levels.test.ts)';
		assert.deepEqual(await missing(link), ['OPR-1 in ../test/unit/docs/levels.test.ts']);
	});
});
