/** Every command and every option, once: the help, the completion and the test of docs/kubectl.md read this table. */

/** What a shell may offer for an argument, and what help calls it. Lower-case words stand for themselves. */
export type Word = 'NAME' | 'TOKEN' | 'POD' | 'TERM' | 'SHELL' | 'FILE' | 'token' | 'verify' | 'create|list';

/** Conditions and reasons begin with a capital, names of RuneVaults never do. */
export const isTerm = (word: string): boolean => /^[A-Z]/.test(word);

export const CLIENTS = ['claude', 'gemini', 'codex', 'vscode', 'json'] as const;
export const SHELLS = ['bash', 'zsh', 'fish', 'kubectl'] as const;

type OptionRow = {
	type: 'string' | 'boolean';
	short?: string;
	/** What help calls its value. */
	value?: string;
	/** What a shell may offer for its value. */
	choices?: readonly string[];
	/** For whom it is, and what it does. */
	help: string;
};

export const OPTIONS = {
	namespace: { type: 'string', short: 'n', value: 'NAMESPACE', help: "default: the namespace of the kubeconfig's context" },
	'all-namespaces': { type: 'boolean', short: 'A', help: 'status: of all namespaces' },
	output: {
		type: 'string',
		short: 'o',
		value: 'json',
		choices: ['json'],
		help: 'status: the status as JSON; with several, a list of {namespace, name, status}',
	},
	watch: { type: 'boolean', short: 'w', help: 'status: show it again whenever it changes, until Ctrl-C' },
	filename: { type: 'string', short: 'f', value: 'FILE', help: 'plan: a file with a RuneVault, - for standard input' },
	'server-side': { type: 'boolean', help: 'plan: as kubectl apply --server-side would, and not as kubectl apply' },
	client: { type: 'string', value: 'CLIENT', choices: CLIENTS, help: `connect: ${CLIENTS.join(', ')}; default json` },
	'show-token': { type: 'boolean', help: 'connect: the token itself in the answer, and not a place for it' },
	'no-call': { type: 'boolean', help: 'connect: do not call the Vault; then no Secret is read' },
	failover: { type: 'boolean', help: "pause: only the operator's choice of primary; promote still works" },
	'no-wait': { type: 'boolean', help: 'rotate, promote, backup, restore: ask for it, and do not wait until it is done' },
	timeout: {
		type: 'string',
		value: 'DURATION',
		help: 'the same: how long to wait, such as 90s or 5m; default 2m, promote 1m, backup and restore 10m',
	},
	from: { type: 'string', value: 'BACKUP', help: 'restore: the RuneVaultBackup' },
	identity: { type: 'string', value: 'SECRET', help: 'restore: the Secret with the key identity: AGE-SECRET-KEY-1…' },
	logs: { type: 'boolean', help: 'audit: skip lines that are no records, as among the logs that kubectl logs gives' },
	partial: { type: 'boolean', help: 'audit: the first file need not hold the beginning of its chain' },
	restarts: { type: 'boolean', help: 'audit: the log is of several processes, each with a chain of its own' },
	witness: {
		type: 'string',
		value: 'SHA256',
		help: 'audit: a line must have this hash, noted at an earlier verify: nothing up to it was changed',
	},
	help: { type: 'boolean', short: 'h', help: 'this text' },
} as const satisfies Record<string, OptionRow>;

export type Option = keyof typeof OPTIONS;

type CommandRow = {
	/** What comes after its name, as help shows it. */
	usage: string;
	/** Its arguments, in order, for completion; the last one may come again. */
	words: readonly Word[];
	what: string;
	options: readonly Option[];
};

export const COMMANDS = {
	status: {
		usage: '[NAME]',
		words: ['NAME'],
		what: 'ready or why not, pods, key, tokens; all of the namespace without NAME',
		options: ['namespace', 'all-namespaces', 'output', 'watch'],
	},
	plan: {
		usage: '-f FILE',
		words: [],
		what: 'what applying the file would change: objects, restarts, gap; writes nothing',
		options: ['namespace', 'filename', 'server-side'],
	},
	explain: {
		usage: '[NAME] [TERM]',
		words: ['NAME', 'TERM'],
		what: 'what is not as it should be means, and what to do; a condition or reason without NAME needs no cluster',
		options: ['namespace'],
	},
	report: {
		usage: 'NAME',
		words: ['NAME'],
		what: 'all that helps to find a fault as one YAML document, without tokens, keys and blobs',
		options: ['namespace'],
	},
	connect: {
		usage: 'NAME [TOKEN]',
		words: ['NAME', 'TOKEN'],
		what: 'how an MCP client is told of it, and whether it answers',
		options: ['namespace', 'client', 'show-token', 'no-call'],
	},
	rotate: {
		usage: 'token NAME TOKEN',
		words: ['token', 'NAME', 'TOKEN'],
		what: 'make a new token, end the old one, wait until every pod knows it',
		options: ['namespace', 'no-wait', 'timeout'],
	},
	unlock: {
		usage: 'NAME TOKEN',
		words: ['NAME', 'TOKEN'],
		what: 'let a token call again that was locked because guard rows were damaged',
		options: ['namespace'],
	},
	promote: {
		usage: 'NAME [POD]',
		words: ['NAME', 'POD'],
		what: 'make that pod primary, or the first ready standby, and wait until clients reach it',
		options: ['namespace', 'no-wait', 'timeout'],
	},
	pause: {
		usage: 'NAME [--failover]',
		words: ['NAME'],
		what: 'stop the operator from changing anything of it, or only from moving its primary',
		options: ['namespace', 'failover'],
	},
	resume: { usage: 'NAME', words: ['NAME'], what: 'let the operator go on, whichever pause it was', options: ['namespace'] },
	backup: {
		usage: 'create NAME | list [NAME]',
		words: ['create|list', 'NAME'],
		what: 'back up its key and tokens, and wait until the archive is proved; or list the backups, oldest first',
		options: ['namespace', 'no-wait', 'timeout'],
	},
	restore: {
		usage: 'NAME --from BACKUP --identity SECRET',
		words: ['NAME'],
		what: 'bring back what a backup holds, with the age identity in that Secret',
		options: ['namespace', 'from', 'identity', 'no-wait', 'timeout'],
	},
	events: { usage: 'NAME', words: ['NAME'], what: 'what happened to it, newest last', options: ['namespace'] },
	audit: {
		usage: 'verify FILE...|-',
		words: ['verify', 'FILE'],
		what: 'whether audit records are a whole chain; of one log in several files, oldest first',
		options: ['logs', 'partial', 'restarts', 'witness'],
	},
	completion: {
		usage: 'bash|zsh|fish|kubectl',
		words: ['SHELL'],
		what: 'the script that makes a shell, or kubectl itself, complete this command line',
		options: [],
	},
} as const satisfies Record<string, CommandRow>;

export type Command = keyof typeof COMMANDS;

export const isCommand = (word: string): word is Command => Object.hasOwn(COMMANDS, word);

/** A row of the table, with the types of the table rather than those of its values. */
export const commandOf = (name: Command): CommandRow => COMMANDS[name];
export const optionOf = (name: Option): OptionRow => OPTIONS[name];
