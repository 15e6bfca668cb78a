/** The command line as one checked value. */
import { parseArgs } from 'node:util';
import { durationMs } from '../../crds/fields.ts';
import type { AuditQuestion } from './audit-verify.ts';
import type { Pause } from './pause.ts';
import { UsageError } from './refusals.ts';

export const HELP = `kubectl runevault: look at RuneVaults, and do the few things one does to them by hand

  kubectl runevault status [NAME]            ready or why not, pods, key, tokens; all of the namespace without NAME
  kubectl runevault rotate token NAME TOKEN  make a new token, end the old one, wait until every pod knows it
  kubectl runevault promote NAME [POD]       make that pod primary, or the first ready standby, and wait until clients reach it
  kubectl runevault pause NAME [--failover]  stop the operator from changing anything of it, or only from moving its primary
  kubectl runevault resume NAME              let the operator go on, whichever pause it was
  kubectl runevault backup create NAME       back up its key and tokens, and wait until the archive is proved
  kubectl runevault backup list [NAME]       the backups, oldest first; of all of the namespace without NAME
  kubectl runevault restore NAME --from BACKUP --identity SECRET
                                             bring back what a backup holds, with the age identity in that Secret
  kubectl runevault events NAME              what happened to it, newest last
  kubectl runevault audit verify FILE...|-   whether audit records are a whole chain; of one log in several files, oldest first

  -n, --namespace NAMESPACE   default: the namespace of the kubeconfig's context
  -A, --all-namespaces        status: of all namespaces
  -o, --output json           status: the status as JSON; with several, a list of {namespace, name, status}
      --failover              pause: only the operator's choice of primary; promote still works
      --no-wait               rotate, promote, backup, restore: ask for it, and do not wait until it is done
      --timeout DURATION      the same: how long to wait, such as 90s or 5m; default 2m, promote 1m, backup and restore 10m
      --from BACKUP           restore: the RuneVaultBackup
      --identity SECRET       restore: Secret of the namespace with the key identity: AGE-SECRET-KEY-1…
      --logs                  audit: skip lines that are no records, as among the logs that kubectl logs gives
      --partial               audit: the first file need not hold the beginning of its chain
      --restarts              audit: the log is of several processes, each with a chain of its own
      --witness SHA256        audit: a line must have this hash, noted at an earlier verify: nothing up to it was changed
  -h, --help

Secrets are never read. promote needs the right to patch runevaults/status, backup and restore to create runevaultbackups and
runevaultrestores, the others that write to patch runevaults.
audit needs no cluster; it exits with 0 when the chain is whole, 1 when it is broken or cannot be read, 2 when called wrongly.
`;

const options = {
	namespace: { type: 'string', short: 'n' },
	'all-namespaces': { type: 'boolean', short: 'A' },
	output: { type: 'string', short: 'o' },
	failover: { type: 'boolean' },
	'no-wait': { type: 'boolean' },
	timeout: { type: 'string' },
	logs: { type: 'boolean' },
	partial: { type: 'boolean' },
	restarts: { type: 'boolean' },
	witness: { type: 'string' },
	from: { type: 'string' },
	identity: { type: 'string' },
	help: { type: 'boolean', short: 'h' },
} as const;

type Option = keyof typeof options;
type Values = ReturnType<typeof parse>['values'];

const DEFAULT_TIMEOUT = { rotate: '2m', promote: '1m', backup: '10m', restore: '10m' };

/** What is to be done. Without a namespace, that of the context is meant. */
export type Invocation = { namespace: string | undefined } & (
	| { command: 'help' }
	| { command: 'status'; name: string | undefined; isEverywhere: boolean; isJson: boolean }
	| { command: 'rotate'; name: string; token: string; waitMs: number | undefined }
	| { command: 'promote'; name: string; pod: string | undefined; waitMs: number | undefined }
	| { command: 'backup'; name: string; waitMs: number | undefined }
	| { command: 'backups'; name: string | undefined }
	| { command: 'restore'; name: string; backup: string; identity: string; waitMs: number | undefined }
	| { command: 'pause'; name: string; pause: Pause }
	| { command: 'resume' | 'events'; name: string }
	| ({ command: 'audit' } & AuditQuestion)
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
		case 'promote':
			return { ...promoteOf(values, words), namespace };
		case 'backup':
			return { ...backupOf(values, words), namespace };
		case 'restore':
			return { ...restoreOf(values, words), namespace };
		case 'pause': {
			allow(command, values, ['failover']);
			const [name] = take(command, words, ['NAME']);
			return { command, name, pause: values.failover ? 'failover' : 'reconcile', namespace };
		}
		case 'resume':
		case 'events': {
			allow(command, values, []);
			const [name] = take(command, words, ['NAME']);
			return { command, name, namespace };
		}
		case 'audit':
			return { ...auditOf(values, words), namespace };
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
	return { command: 'rotate', name, token, waitMs: waitOf('rotate', values) } as const;
}

function promoteOf(values: Values, words: string[]) {
	allow('promote', values, ['no-wait', 'timeout']);
	const [name, pod] = words.length < 2 ? take('promote', words, ['NAME']) : take('promote', words, ['NAME', 'POD']);
	return { command: 'promote', name, pod, waitMs: waitOf('promote', values) } as const;
}

function backupOf(values: Values, [what, ...words]: string[]) {
	if (what === 'list') {
		allow('backup list', values, []);
		const [name] = words.length === 0 ? [undefined] : take('backup list', words, ['NAME']);
		return { command: 'backups', name } as const;
	}
	if (what !== 'create') throw new UsageError(`backup: create or list${what === undefined ? '' : `, not ${what}`}`);
	allow('backup create', values, ['no-wait', 'timeout']);
	const [name] = take('backup create', words, ['NAME']);
	return { command: 'backup', name, waitMs: waitOf('backup', values) } as const;
}

function restoreOf(values: Values, words: string[]) {
	allow('restore', values, ['no-wait', 'timeout', 'from', 'identity']);
	const [name] = take('restore', words, ['NAME']);
	const { from: backup, identity } = values;
	if (!backup) throw new UsageError('restore: --from is needed: a RuneVaultBackup');
	if (!identity) throw new UsageError('restore: --identity is needed: a Secret with the age identity');
	return { command: 'restore', name, backup, identity, waitMs: waitOf('restore', values) } as const;
}

function auditOf(values: Values, [what, ...files]: string[]) {
	allow('audit', values, ['logs', 'partial', 'restarts', 'witness']);
	const { namespace, logs = false, partial = false, restarts = false, witness } = values;
	if (namespace !== undefined) throw new UsageError('audit: --namespace is no option of this command');
	if (what !== 'verify')
		throw new UsageError(`audit: only verify is known${what === undefined ? '' : `, not ${what}`}: audit verify FILE...|-`);
	if (files.length === 0 || files.includes('')) throw new UsageError('audit verify: no FILE; - is standard input');
	const twice = files.find((file, index) => files.indexOf(file) < index);
	if (twice !== undefined) throw new UsageError(`audit verify: ${twice} is named twice`);
	if (witness !== undefined && !/^[0-9a-f]{64}$/.test(witness))
		throw new UsageError('--witness must be 64 hex digits, as audit verify prints them');
	return { command: 'audit', files, isAmongLogs: logs, isPartial: partial, hasRestarts: restarts, witness } as const;
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
