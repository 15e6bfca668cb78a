/** The help, out of the table of commands. */
import { COMMANDS, type Command, commandOf, OPTIONS, type Option, optionOf } from './commands.ts';

/** Rows of two cells, the second ones below each other. */
function aligned(rows: readonly (readonly [string, string])[]): string[] {
	const width = Math.max(...rows.map(([left]) => left.length));
	return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function usageOf(name: Option): string {
	const { short, value } = optionOf(name);
	return `${short === undefined ? '   ' : `-${short},`} --${name}${value === undefined ? '' : ` ${value}`}`;
}

export function helpText(): string {
	const commands = Object.keys(COMMANDS) as Command[];
	const options = Object.keys(OPTIONS) as Option[];
	return [
		'kubectl runevault: look at RuneVaults, and do the few things one does to them by hand',
		'',
		...aligned(commands.map(name => [`kubectl runevault ${name} ${commandOf(name).usage}`, commandOf(name).what] as const)),
		'',
		...aligned(options.map(name => [usageOf(name), optionOf(name).help] as const)),
		'',
		...NOTES,
		'',
	].join('\n');
}

const NOTES = [
	'No Secret is read, but by connect that of the token. promote needs the right to patch runevaults/status,',
	'unlock to get and patch configmaps, backup and restore to create runevaultbackups and runevaultrestores, the others that write to patch',
	'runevaults.',
	'plan exits with 0 when nothing would change, 1 when something would, 2 when that cannot be told or the file is refused.',
	'audit needs no cluster; it exits with 0 when the chain is whole, 1 when it is broken or cannot be read, 2 when called wrongly.',
];
