/** The commands in a shell block, each as its words. */
import { parse } from 'shell-quote';
import type { Block } from './pages.ts';

const SHELLS: readonly (string | undefined)[] = ['sh', 'bash', 'console', undefined];
const ENDS: readonly string[] = ['|', '||', '&&', ';', '&', '(', ')', '|&'];

/** Without comments, redirections and variables set before; a substituted command is one of its own. Empty for blocks of other languages. */
export function commandsOf({ language, text }: Block): string[][] {
	if (!SHELLS.includes(language)) return [];
	const lines = text
		.replaceAll(/\\\n/g, ' ')
		.replaceAll(/[`"]?\$\(/g, ' ( ')
		.split('\n');
	return lines.flatMap(line => commandsIn(line)).filter(words => words.length > 0);
}

/** @param line of a shell script */
export function commandsIn(line: string): string[][] {
	const commands: string[][] = [[]];
	let isTarget = false;
	for (const entry of parse(line, name => `$${name}`)) {
		if (typeof entry === 'object' && 'comment' in entry) break;
		if (typeof entry === 'object' && entry.op !== 'glob') {
			isTarget = !ENDS.includes(entry.op);
			if (!isTarget) commands.push([]);
			continue;
		}
		if (!isTarget) commands.at(-1)?.push(typeof entry === 'string' ? entry : entry.pattern);
		isTarget = false;
	}
	return commands.map(words => words.slice(words.findIndex(word => !/^[A-Z_]+=/.test(word))));
}
