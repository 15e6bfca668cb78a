/** The documents that users read, parsed: what they link to, what they tell one to type, which manifests and names they show. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import GithubSlugger from 'github-slugger';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { toString as textOf } from 'mdast-util-to-string';
import { visit } from 'unist-util-visit';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

export type Block = {
	language: string | undefined;
	text: string;
	line: number;
	/** What a comment `<!-- test: … -->` right before it says to the tests. */
	note?: string;
};

export type Page = {
	/** Relative to the root of the repository. */
	file: string;
	/** Of its headings, as GitHub makes them. */
	anchors: ReadonlySet<string>;
	links: { url: string; line: number }[];
	blocks: Block[];
	/** What stands between backticks in running text. */
	codes: { text: string; line: number }[];
};

/** @param text Markdown @param file where it lies */
export function parsePage(file: string, text: string): Page {
	const slugger = new GithubSlugger();
	const anchors = new Set<string>();
	const page: Page = { file, anchors, links: [], blocks: [], codes: [] };
	visit(fromMarkdown(text), (node, index, parent) => {
		const line = node.position?.start.line ?? 0;
		if (node.type === 'heading') anchors.add(slugger.slug(textOf(node)));
		if (node.type === 'link' || node.type === 'image' || node.type === 'definition') page.links.push({ url: node.url, line });
		if (node.type === 'code') {
			const before = parent?.children[(index ?? 0) - 1];
			const note = before?.type === 'html' ? /^<!-- test: (.*) -->$/.exec(before.value)?.[1] : undefined;
			page.blocks.push({ language: node.lang ?? undefined, text: node.value, line, ...(note === undefined ? {} : { note }) });
		}
		if (node.type === 'inlineCode') page.codes.push({ text: node.value, line });
	});
	return page;
}

/** Files of the repository, sorted, relative to its root. */
export async function filesOf(...patterns: string[]): Promise<string[]> {
	const files: string[] = [];
	for await (const file of glob(patterns, { cwd: ROOT })) files.push(file);
	return files.sort();
}

/** @param file relative to the root of the repository */
export const readText = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

/** Every page of the repository. */
export async function readPages(): Promise<Page[]> {
	const files = await filesOf('*.md', 'docs/**/*.md', 'examples/**/*.md', 'charts/**/*.md');
	return Promise.all(files.map(async file => parsePage(file, await readText(file))));
}
