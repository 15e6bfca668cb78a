/** Links of the documents to each other, to files and to headings. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { type Page, parsePage, ROOT, readPages } from './pages.ts';

/** Links of a page that lead nowhere, as `file:line: url`. Links to other hosts are not followed. */
function brokenLinks({ file, links, anchors: own }: Page, pages: readonly Page[]): string[] {
	const broken: string[] = [];
	for (const { url, line } of links) {
		if (/^[a-z]+:/.test(url)) continue;
		const [path = '', anchor] = url.split('#');
		const target = path === '' ? file : relative(ROOT, join(ROOT, file, '..', path));
		const isThere = target === file || (!target.startsWith('..') && existsSync(join(ROOT, target)));
		const anchors = target === file ? own : pages.find(page => page.file === target)?.anchors;
		if (!isThere || (anchor !== undefined && !anchors?.has(anchor))) broken.push(`${file}:${line}: ${url}`);
	}
	return broken;
}

const pages = await readPages();

describe('links', () => {
	for (const page of pages) {
		it(`[DOC-2] of ${page.file} lead to files and headings that are there`, () => {
			assert.deepEqual(brokenLinks(page, pages), []);
		});
	}

	it('[DOC-2] that lead nowhere are found: no file, no heading here or there, out of the repository', () => {
		const text = [
			'# A `<name>`, and (more)\n',
			'[here](#a-name-and-more) [there](tls.md#the-authority) [up](../README.md) [out](https://example.com/x)',
			'[1](gone.md) [2](#gone) [3](tls.md#gone) [4](../../elsewhere.md) ![5](gone.svg)\n',
			'[6]: gone.yaml',
		].join('\n');
		const broken = brokenLinks(parsePage('docs/try.md', text), pages);
		assert.deepEqual(
			broken.map(each => each.split(': ')[1]),
			['gone.md', '#gone', 'tls.md#gone', '../../elsewhere.md', 'gone.svg', 'gone.yaml'],
		);
	});

	it('[DOC-2] docs/README.md leads to every page of docs/, or to one that does', () => {
		const reached = new Set(['docs/README.md']);
		for (const file of reached) {
			const page = pages.find(each => each.file === file);
			for (const { url } of page?.links ?? []) reached.add(join(dirname(file), url.split('#')[0] ?? ''));
		}
		assert.deepEqual(
			pages.map(({ file }) => file).filter(file => file.startsWith('docs/') && !reached.has(file)),
			[],
		);
	});
});
