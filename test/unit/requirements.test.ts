/** The gate of test/requirements.ts: every promise is cited by a test, and every citation names a promise. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requirements } from '../requirements.ts';

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
			Object.keys(requirements).filter(id => !cited.has(id)),
			[],
		);
	});

	it('list every id that a test cites', async () => {
		assert.deepEqual(
			[...(await citedIds())].filter(id => !Object.hasOwn(requirements, id)),
			[],
		);
	});
});
