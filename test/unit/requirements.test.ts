/** The gate of test/requirements.ts: every promise has an id of its own and is cited by a test, and every citation names a promise. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requirements } from '../requirements.ts';

const ids = requirements.map(([id]) => id);
const root = join(import.meta.dirname, '..');

async function citedIds(): Promise<Set<string>> {
	const files = (await readdir(root, { recursive: true })).filter(file => file.endsWith('.test.ts'));
	const texts = await Promise.all(files.map(file => readFile(join(root, file), 'utf8')));
	return new Set(texts.flatMap(text => [...text.matchAll(/\[([A-Z]{3}-\d+)\]/g)].map(match => match[1] ?? '')));
}

describe('requirements', () => {
	it('are each cited by at least one test', async () => {
		const cited = await citedIds();
		assert.deepEqual(
			ids.filter(id => !cited.has(id)),
			[],
		);
	});

	it('have an id each', () => assert.equal(new Set(ids).size, ids.length));

	it('list every id that a test cites', async () => {
		assert.deepEqual(
			[...(await citedIds())].filter(id => !ids.includes(id)),
			[],
		);
	});
});
