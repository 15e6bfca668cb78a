/** The command line as one checked value. */
import { parseArgs } from 'node:util';
import { durationMs } from '../../crds/fields.ts';
import type { AuditQuestion } from './audit-verify.ts';
import { CLIENTS, type Command, commandOf, isTerm, OPTIONS, SHELLS } from './commands.ts';
import type { ConnectQuestion } from './connect/connect.ts';
import type { ExplainQuestion } from './explain.ts';
import type { Pause } from './pause.ts';
import { UsageError } from './refusals.ts';

type Values = ReturnType<typeof parse>['values'];

const DEFAULT_TIMEOUT = { rotate: '2m', promote: '1m', backup: '10m', restore: '10m' };

/** What is to be done. Without a namespace, that of the context is meant. */
export type Invocation = { namespace: string | undefined } & (
	| { command: 'help' }
	| { command: 'status'; name: string | undefined; isEverywhere: boolean; isJson: boolean; isWatched: boolean }
	| { command: 'plan'; file: string; isServerSide: boolean }
	| ({ command: 'explain' } & ExplainQuestion)
	| ({ command: 'connect' } & ConnectQuestion)
	| { command: 'rotate'; name: string; token: string; waitMs: number | undefined }
	| { command: 'unlock'; name: string; token: string }
	| { command: 'promote'; name: string; pod: string | undefined; waitMs: number | undefined }
	| { command: 'backup'; name: string; waitMs: number | undefined }
	| { command: 'backups'; name: string | undefined }
	| { command: 'restore'; name: string; backup: string; identity: string; waitMs: number | undefined }
	| { command: 'pause'; name: string; pause: Pause }
	| { command: 'resume' | 'events' | 'report'; name: string }
	| ({ command: 'audit' } & AuditQuestion)
	| { command: 'completion'; shell: (typeof SHELLS)[number] }
);

/** @throws UsageError naming the option or argument. */
export function readArguments(argv: readonly string[]): Invocation {
	const { values, positionals } = parse(argv);
	const { namespace } = values;
	const [command, ...words] = positionals;
	if (values.help || command === undefined) return { command: 'help', namespace };
	if (namespace === '') throw new UsageError('--namespace must not be empty');
	switch (command) {
		case 'status':
			return { ...statusOf(values, words), namespace };
		case 'plan':
			return { ...planOf(values, words), namespace };
		case 'explain':
			return { ...explainOf(values, words), namespace };
		case 'connect':
			return { ...connectOf(values, words), namespace };
		case 'rotate':
			return { ...rotateOf(values, words), namespace };
		case 'unlock': {
			allow(command, values);
			const [name, token] = take(command, words, ['NAME', 'TOKEN']);
			return { command, name, token, namespace };
		}
		case 'promote':
			return { ...promoteOf(values, words), namespace };
		case 'backup':
			return { ...backupOf(values, words), namespace };
		case 'restore':
			return { ...restoreOf(values, words), namespace };
		case 'pause': {
			allow(command, values);
			const [name] = take(command, words, ['NAME']);
			return { command, name, pause: values.failover ? 'failover' : 'reconcile', namespace };
		}
		case 'resume':
		case 'report':
		case 'events': {
			allow(command, values);
			const [name] = take(command, words, ['NAME']);
			return { command, name, namespace };
		}
		case 'audit':
			return { ...auditOf(values, words), namespace };
		case 'completion':
			return { ...completionOf(values, words), namespace };
		default:
			throw new UsageError(`no such command: ${command}`);
	}
}

function parse(argv: readonly string[]) {
	try {
		return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : 'bad arguments');
	}
}

function statusOf(values: Values, words: string[]) {
	allow('status', values);
	const { output, namespace, 'all-namespaces': isEverywhere = false, watch: isWatched = false } = values;
	if (words.length > 1) throw new UsageError(`status: unexpected argument ${words[1]}`);
	const [name] = words;
	if (name === '') throw new UsageError('status: NAME must not be empty');
	if (isEverywhere && namespace !== undefined) throw new UsageError('--all-namespaces and --namespace exclude each other');
	if (isEverywhere && name !== undefined) throw new UsageError('--all-namespaces and NAME exclude each other');
	if (output !== undefined && output !== 'json') throw new UsageError('--output must be json');
	if (isWatched && output !== undefined) throw new UsageError('--watch and --output exclude each other');
	return { command: 'status', name, isEverywhere, isJson: output === 'json', isWatched } as const;
}

function planOf(values: Values, words: string[]) {
	allow('plan', values);
	take('plan', words, []);
	const { filename: file, 'server-side': isServerSide = false } = values;
	if (!file) throw new UsageError('plan: no --filename');
	return { command: 'plan', file, isServerSide } as const;
}

function explainOf(values: Values, words: string[]) {
	allow('explain', values);
	const name = words.find(word => !isTerm(word));
	const term = words.find(isTerm);
	const foreign = words.find(word => word !== name && word !== term) ?? (words.length > 2 ? words[2] : undefined);
	if (foreign !== undefined) throw new UsageError(`explain: unexpected argument ${foreign}`);
	if (name === '') throw new UsageError('explain: NAME must not be empty');
	return { command: 'explain', name, term } as const;
}

function connectOf(values: Values, words: string[]) {
	allow('connect', values);
	const [name, token] = words.length < 2 ? take('connect', words, ['NAME']) : take('connect', words, ['NAME', 'TOKEN']);
	const { client: asked = 'json', 'show-token': isTokenShown = false, 'no-call': isNotCalled = false } = values;
	const client = CLIENTS.find(each => each === asked);
	if (client === undefined) throw new UsageError(`--client must be one of ${CLIENTS.join(', ')}`);
	return { command: 'connect', name, token, client, isTokenShown, isCalled: !isNotCalled } as const;
}

function rotateOf(values: Values, words: string[]) {
	allow('rotate', values);
	const [what, name, token] = take('rotate', words, ['token', 'NAME', 'TOKEN']);
	if (what !== 'token') throw new UsageError(`rotate: only a token can be rotated, not ${what}: rotate token NAME TOKEN`);
	return { command: 'rotate', name, token, waitMs: waitOf('rotate', values) } as const;
}

function promoteOf(values: Values, words: string[]) {
	allow('promote', values);
	const [name, pod] = words.length < 2 ? take('promote', words, ['NAME']) : take('promote', words, ['NAME', 'POD']);
	return { command: 'promote', name, pod, waitMs: waitOf('promote', values) } as const;
}

function backupOf(values: Values, [what, ...words]: string[]) {
	if (what === 'list') {
		allow('backup', values);
		const foreign = (['no-wait', 'timeout'] as const).find(each => values[each] !== undefined);
		if (foreign !== undefined) throw new UsageError(`backup list: --${foreign} is no option of this command`);
		const [name] = words.length === 0 ? [undefined] : take('backup list', words, ['NAME']);
		return { command: 'backups', name } as const;
	}
	if (what !== 'create') throw new UsageError(`backup: create or list${what === undefined ? '' : `, not ${what}`}`);
	allow('backup', values);
	const [name] = take('backup create', words, ['NAME']);
	return { command: 'backup', name, waitMs: waitOf('backup', values) } as const;
}

function restoreOf(values: Values, words: string[]) {
	allow('restore', values);
	const [name] = take('restore', words, ['NAME']);
	const { from: backup, identity } = values;
	if (!backup) throw new UsageError('restore: --from is needed: a RuneVaultBackup');
	if (!identity) throw new UsageError('restore: --identity is needed: a Secret with the age identity');
	return { command: 'restore', name, backup, identity, waitMs: waitOf('restore', values) } as const;
}

function auditOf(values: Values, [what, ...files]: string[]) {
	allow('audit', values);
	const { logs = false, partial = false, restarts = false, witness } = values;
	if (what !== 'verify')
		throw new UsageError(`audit: only verify is known${what === undefined ? '' : `, not ${what}`}: audit verify FILE...|-`);
	if (files.length === 0 || files.includes('')) throw new UsageError('audit verify: no FILE; - is standard input');
	const twice = files.find((file, index) => files.indexOf(file) < index);
	if (twice !== undefined) throw new UsageError(`audit verify: ${twice} is named twice`);
	if (witness !== undefined && !/^[0-9a-f]{64}$/.test(witness))
		throw new UsageError('--witness must be 64 hex digits, as audit verify prints them');
	return { command: 'audit', files, isAmongLogs: logs, isPartial: partial, hasRestarts: restarts, witness } as const;
}

function completionOf(values: Values, words: string[]) {
	allow('completion', values);
	const [asked] = take('completion', words, ['SHELL']);
	const shell = SHELLS.find(each => each === asked);
	if (shell === undefined) throw new UsageError(`completion: SHELL must be one of ${SHELLS.join(', ')}`);
	return { command: 'completion', shell } as const;
}

/** How long to wait; undefined: not at all. */
function waitOf(command: keyof typeof DEFAULT_TIMEOUT, { timeout, 'no-wait': isNotToWait }: Values): number | undefined {
	if (isNotToWait && timeout !== undefined) throw new UsageError('--no-wait and --timeout exclude each other');
	if (isNotToWait) return undefined;
	try {
		return durationMs(timeout ?? DEFAULT_TIMEOUT[command]);
	} catch {
		throw new UsageError('--timeout must be a duration such as 90s or 5m');
	}
}

/** Refuses options that the command does not know, as if they did not exist. */
function allow(command: Command, values: Values): void {
	const foreign = Object.keys(values).find(each => !commandOf(command).options.some(known => known === each));
	if (foreign !== undefined) throw new UsageError(`${command}: --${foreign} is no option of this command`);
}

/** Exactly these arguments, none empty. */
function take<const T extends readonly string[]>(command: string, words: string[], names: T): { [I in keyof T]: string } {
	const missing = names.find((_, index) => !words[index]);
	if (missing !== undefined) throw new UsageError(`${command}: no ${missing}`);
	if (words.length > names.length) throw new UsageError(`${command}: unexpected argument ${words[names.length]}`);
	return words as { [I in keyof T]: string };
}
