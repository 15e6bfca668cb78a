/** What may stand at the end of a command line, out of the table of commands. Pure: what only the cluster knows is asked for by its kind. */
import { COMMANDS, type Command, commandOf, isCommand, isTerm, OPTIONS, type Option, optionOf, SHELLS, type Word } from '../commands.ts';

/** A word, and what it does. */
export type Candidate = readonly [word: string, help?: string];

export type Wanted = {
	candidates: readonly Candidate[];
	/** What else may stand there: names out of the cluster, conditions and reasons, or files. */
	kind: 'NAME' | 'TOKEN' | 'POD' | 'NAMESPACE' | 'TERM' | 'FILE' | undefined;
	/** The RuneVault that is named before. */
	vault: string | undefined;
	namespace: string | undefined;
};

type Read = { positionals: string[]; namespace: string | undefined; open: Option | undefined };

const optionNames = Object.keys(OPTIONS) as Option[];

const optionAt = (word: string): Option | undefined =>
	optionNames.find(name => word === `--${name}` || (optionOf(name).short !== undefined && word === `-${optionOf(name).short}`));

/** What the words before the last one say. `open`: an option whose value is to come. */
function read(words: readonly string[]): Read {
	const found: Read = { positionals: [], namespace: undefined, open: undefined };
	for (const word of words) {
		const [, inline] = /^--namespace=(.+)$/.exec(word) ?? [];
		if (found.open === 'namespace') found.namespace = word;
		if (inline !== undefined) found.namespace = inline;
		if (found.open !== undefined) found.open = undefined;
		else if (!word.startsWith('-')) found.positionals.push(word);
		else {
			const option = optionAt(word);
			found.open = option !== undefined && optionOf(option).type === 'string' ? option : undefined;
		}
	}
	return found;
}

/** @param words of the command line after its name; the last one is being written, and may be empty. */
export function wantedAt(words: readonly string[]): Wanted {
	const current = words.at(-1) ?? '';
	const { positionals, namespace, open } = read(words.slice(0, -1));
	const [first, ...others] = positionals;
	const command = first !== undefined && isCommand(first) ? first : undefined;
	const rest = { vault: vaultIn(command, others), namespace };
	if (open !== undefined) return { ...valuesOf(open), ...rest };
	if (current.startsWith('-')) return { candidates: optionsOf(command), kind: undefined, ...rest };
	if (first === undefined) {
		const names = Object.keys(COMMANDS) as Command[];
		return { candidates: names.map(name => [name, commandOf(name).what] as const), kind: undefined, ...rest };
	}
	return command === undefined ? { candidates: [], kind: undefined, ...rest } : { ...argumentOf(command, others, current), ...rest };
}

function vaultIn(command: Command | undefined, others: readonly string[]): string | undefined {
	const place = command === undefined ? -1 : commandOf(command).words.indexOf('NAME');
	return place < 0 ? undefined : others[place];
}

function optionsOf(command: Command | undefined): Candidate[] {
	const own: readonly Option[] = command === undefined ? ['namespace'] : commandOf(command).options;
	return [...own, 'help' as const].map(name => [`--${name}`, optionOf(name).help]);
}

function valuesOf(option: Option): Pick<Wanted, 'candidates' | 'kind'> {
	const kind = option === 'namespace' ? 'NAMESPACE' : option === 'filename' ? 'FILE' : undefined;
	return { candidates: (optionOf(option).choices ?? []).map(choice => [choice]), kind };
}

function argumentOf(command: Command, before: readonly string[], current: string): Pick<Wanted, 'candidates' | 'kind'> {
	const { words } = commandOf(command);
	// A condition or reason may stand without a name before it; the last kind of file may come again.
	const mayBeTerm = words.includes('TERM') && (before.length > 0 || isTerm(current));
	const word: Word | undefined = mayBeTerm ? 'TERM' : (words[before.length] ?? (words.at(-1) === 'FILE' ? 'FILE' : undefined));
	if (word === undefined) return { candidates: [], kind: undefined };
	if (word === 'token' || word === 'verify' || word === 'create|list')
		return { candidates: word.split('|').map(each => [each]), kind: undefined };
	if (word === 'SHELL') return { candidates: SHELLS.map(shell => [shell]), kind: undefined };
	return { candidates: [], kind: word };
}
