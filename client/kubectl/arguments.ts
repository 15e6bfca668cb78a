/** The command line as one checked value. */
import { parseArgs } from 'node:util';
import { durationMs } from '../../crds/fields.ts';
import { UsageError } from './refusals.ts';

export const HELP = `kubectl runevault: look at RuneVaults, and do the few things one does to them by hand

  kubectl runevault status [NAME]            ready or why not, pods, key, tokens; all of the namespace without NAME
  kubectl runevault rotate token NAME TOKEN  make a new token, end the old one, wait until every pod knows it
  kubectl runevault pause NAME               stop the operator from changing anything of it
  kubectl runevault resume NAME              let the operator go on
  kubectl runevault events NAME              what happened to it, newest last

  -n, --namespace NAMESPACE   default: the namespace of the kubeconfig's context
  -A, --all-namespaces        status: of all namespaces
  -o, --output json           status: the status as JSON; with several, a list of {namespace, name, status}
      --no-wait               rotate: do not wait until the new token is in force
      --timeout DURATION      rotate: how long to wait, such as 90s or 5m; default 2m
  -h, --help

Secrets are never read.
`;

const options = {
	namespace: { type: 'string', short: 'n' },
	'all-namespaces': { type: 'boolean', short: 'A' },
	output: { type: 'string', short: 'o' },
	'no-wait': { type: 'boolean' },
	timeout: { type: 'string' },
	help: { type: 'boolean', short: 'h' },
} as const;

type Option = keyof typeof options;
type Values = ReturnType<typeof parse>['values'];

const DEFAULT_TIMEOUT = '2m';

/** What is to be done. Without a namespace, that of the context is meant. */
export type Invocation = { namespace: string | undefined } & (
	| { command: 'help' }
	| { command: 'status'; name: string | undefined; isEverywhere: boolean; isJson: boolean }
	| { command: 'rotate'; name: string; token: string; waitMs: number | undefined }
	| { command: 'pause' | 'resume' | 'events'; name: string }
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
		case 'rotate':
			return { ...rotateOf(values, words), namespace };
		case 'pause':
		case 'resume':
		case 'events': {
			allow(command, values, []);
			const [name] = take(command, words, ['NAME']);
			return { command, name, namespace };
		}
		default:
			throw new UsageError(`no such command: ${command}`);
	}
}

function parse(argv: readonly string[]) {
	try {
		return parseArgs({ args: [...argv], options, allowPositionals: true });
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : 'bad arguments');
	}
}

function statusOf(values: Values, words: string[]) {
	allow('status', values, ['all-namespaces', 'output']);
	const { output, namespace, 'all-namespaces': isEverywhere = false } = values;
	if (words.length > 1) throw new UsageError(`status: unexpected argument ${words[1]}`);
	const [name] = words;
	if (name === '') throw new UsageError('status: NAME must not be empty');
	if (isEverywhere && namespace !== undefined) throw new UsageError('--all-namespaces and --namespace exclude each other');
	if (isEverywhere && name !== undefined) throw new UsageError('--all-namespaces and NAME exclude each other');
	if (output !== undefined && output !== 'json') throw new UsageError('--output must be json');
	return { command: 'status', name, isEverywhere, isJson: output === 'json' } as const;
}

function rotateOf(values: Values, words: string[]) {
	allow('rotate', values, ['no-wait', 'timeout']);
	const [what, name, token] = take('rotate', words, ['token', 'NAME', 'TOKEN']);
	if (what !== 'token') throw new UsageError(`rotate: only a token can be rotated, not ${what}: rotate token NAME TOKEN`);
	if (values['no-wait'] && values.timeout !== undefined) throw new UsageError('--no-wait and --timeout exclude each other');
	const waitMs = values['no-wait'] ? undefined : timeoutOf(values.timeout ?? DEFAULT_TIMEOUT);
	return { command: 'rotate', name, token, waitMs } as const;
}

function timeoutOf(text: string): number {
	try {
		return durationMs(text);
	} catch {
		throw new UsageError('--timeout must be a duration such as 90s or 5m');
	}
}

/** Refuses options that the command does not know, as if they did not exist. */
function allow(command: string, values: Values, own: readonly Option[]): void {
	const foreign = Object.keys(values).find(each => each !== 'namespace' && !own.some(known => known === each));
	if (foreign !== undefined) throw new UsageError(`${command}: --${foreign} is no option of this command`);
}

/** Exactly these arguments, none empty. */
function take<const T extends readonly string[]>(command: string, words: string[], names: T): { [I in keyof T]: string } {
	const missing = names.find((_, index) => !words[index]);
	if (missing !== undefined) throw new UsageError(`${command}: no ${missing}`);
	if (words.length > names.length) throw new UsageError(`${command}: unexpected argument ${words[names.length]}`);
	return words as { [I in keyof T]: string };
}
