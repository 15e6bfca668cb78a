/** docs/kubectl.md, held against the table of commands. That its command lines are taken is tested with those of all documents. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { COMMANDS, type Command, commandOf, OPTIONS, type Option, optionOf } from '../../../../client/kubectl/commands.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const page = await readFile(join(ROOT, 'docs', 'kubectl.md'), 'utf8');

/** The arguments of every command line of ours in a page's shell blocks, without comments, pipes and redirections. */
function commandLines(text: string): string[][] {
	const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '');
	const found = blocks.flatMap(block => [...block.matchAll(/kubectl runevault ([^\n|<>#]*)/g)].map(([, rest]) => rest?.trim() ?? ''));
	return found.map(line => line.split(/\s+/));
}

describe('docs/kubectl.md', () => {
	for (const name of Object.keys(COMMANDS) as Command[]) {
		it(`[CLI-50] shows ${name}, by example`, () => {
			assert.ok(commandLines(page).some(([first]) => first === name));
			assert.match(page, new RegExp(`^## (?:.* and )?${name}\\b`, 'm'));
		});
	}

	for (const name of Object.keys(OPTIONS) as Option[]) {
		it(`[CLI-50] shows --${name}`, () => {
			const { short } = optionOf(name);
			const spellings = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
			assert.ok(spellings.some(spelling => new RegExp(`(?<![\\w-])${spelling}(?![\\w-])`).test(page)));
		});
	}

	it('every option belongs to a command', () => {
		const used = new Set((Object.keys(COMMANDS) as Command[]).flatMap(name => commandOf(name).options));
		assert.deepEqual(
			Object.keys(OPTIONS).filter(name => name !== 'help' && !used.has(name as Option)),
			[],
		);
	});
});
