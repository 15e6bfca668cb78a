/** Commands that the documents tell one to type, held against the programs that take them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { readArguments } from '../../../client/kubectl/arguments.ts';
import { isCommand, OPTIONS } from '../../../client/kubectl/commands.ts';
import { run } from '../../install/run.ts';
import { commandsIn, commandsOf } from './command-lines.ts';
import { ROOT, readPages, readText } from './pages.ts';

const makefile = await readText('Makefile');
const targets = new Set([...makefile.matchAll(/^([a-z-]+):.*## /gm)].map(([, target]) => target));
const help = new Map<string, string>();
const OURS = /^(?:charts|client|crds|docs|examples|fhe|kube|operator|scripts|test|vault)\/[^$*<…]*$/;

const helpOf = (program: string, ...words: string[]) => run(process.execPath, [join(ROOT, program), ...words, '--help']);

before(async () => {
	help.set('rune', await helpOf('client/main.ts'));
	const vault = await helpOf('vault/main.ts');
	help.set('vault', vault);
	for (const [, command = ''] of vault.matchAll(/^ {2}([a-z]+) /gm)) help.set(`vault ${command}`, await helpOf('vault/main.ts', command));
});

const optionsOf = (words: readonly string[]) => words.filter(word => /^--[a-z]/.test(word)).map(word => word.split('=')[0] ?? word);
const tells = (program: string, word: string) =>
	new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(`${help.get(program)}${program === 'rune' ? '' : '--help'}`);

const checks: Record<string, (words: string[]) => string | undefined> = {
	make: words => words.find(word => (word.includes('=') ? !makefile.includes(word.split('=')[0] ?? '') : !targets.has(word))),
	rune: ([command = '--help', ...words]) => [command, ...optionsOf(words)].find(word => !tells('rune', word)),
	vault: ([command = '--help', ...words]) =>
		tells('vault', command) ? optionsOf(words).find(word => !tells(`vault ${command}`, word)) : command,
	kubectl: ([plugin, ...words]) => (plugin === 'runevault' ? plugInRefusal(words) : undefined),
	'kubectl-runevault': words => plugInRefusal(words),
};

function plugInRefusal(words: string[]): string | undefined {
	try {
		readArguments(words);
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

/** What is wrong with a command, if anything: a word its program does not know, or a file that is not there. */
function refusal([program = '', ...words]: string[]): string | undefined {
	const missing = words.find(word => OURS.test(word) && !existsSync(join(ROOT, word)));
	if (missing !== undefined) return missing;
	if (program === 'node' && words[0] === 'vault/main.ts') return checks.vault?.(words.slice(1));
	return Object.hasOwn(checks, program) ? checks[program]?.(words) : undefined;
}

/** In running text a command may be named without its arguments, or with `<name>` and `[pod]` for them. */
function mentionRefusal([program = '', ...words]: string[]): string | undefined {
	if (program !== 'kubectl' || words[0] !== 'runevault') return refusal([program, ...words]);
	const [command, ...rest] = words.slice(1);
	if (command === undefined || command.startsWith('-')) return undefined;
	if (!isCommand(command)) return command;
	return optionsOf(rest).find(option => !Object.hasOwn(OPTIONS, option.slice(2)));
}

const NAMED = /^(?:make|kubectl runevault|vault|rune|node \S+\.ts)(?: |$)/;
const pages = await readPages();

describe('commands', () => {
	for (const { file, blocks, codes } of pages) {
		it(`[DOC-3] in ${file} are known to their programs`, () => {
			const typed = blocks.flatMap(block => commandsOf(block).map(words => ({ words, line: block.line, refused: refusal(words) })));
			const named = codes
				.filter(({ text }) => NAMED.test(text))
				.flatMap(({ text, line }) =>
					commandsIn(text.replaceAll(/[<[]([\w ]+)[>\]]/g, '$1').replaceAll('…', '')).map(words => ({ words, line })),
				)
				.map(({ words, line }) => ({ words, line, refused: mentionRefusal(words) }));
			assert.deepEqual(
				[...typed, ...named]
					.filter(({ refused }) => refused !== undefined)
					.map(({ words, line, refused }) => ({ at: line, words, refused })),
				[],
			);
		});
	}

	it('[DOC-3] that are not known are found', () => {
		const text = [
			'make demo && KEEP=1 make dmo   # make nothing',
			'rune recall "What?" --top-k 3 | rune forget',
			'rune recall x --all',
			'vault decrypt --key k --blob b --level 3',
			'node vault/main.ts decript --help',
			'kubectl runevault status acme --wach',
			'x=$(kubectl runevault rotate acme)',
			'kubectl apply -f examples/gone.yaml \\',
			'  -n rune > charts/not-looked-at',
		].join('\n');
		const refused = commandsOf({ language: 'sh', text, line: 1 }).map(refusal);
		assert.deepEqual(
			refused.map(each => each?.slice(0, 10)),
			[undefined, 'dmo', undefined, 'forget', '--all', '--level', 'decript', 'Unknown op', undefined, 'rotate: no', 'examples/g'],
		);
	});

	it('[DOC-3] that are only named are found too', () => {
		for (const bad of ['kubectl runevault status --wach', 'kubectl runevault restart NAME', 'make dmo', 'vault decript']) {
			assert.ok(mentionRefusal(commandsIn(bad)[0] ?? []), bad);
		}
		for (const good of ['kubectl runevault pause NAME --failover', 'kubectl runevault', 'make', 'vault dev']) {
			assert.equal(mentionRefusal(commandsIn(good)[0] ?? []), undefined, good);
		}
	});
});
