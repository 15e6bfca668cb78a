/**
 * `rune`: the client library's command line. It remembers and recalls for a person or a script; agents use the library or any MCP client.
 *
 * Where to go comes from options or from the environment (RUNE_VAULT, RUNE_CA, RUNE_TOKEN, RUNE_ENVECTOR, RUNE_INDEX). The token is read from the
 * environment or a file, never from an option: the arguments of a process are public on its machine. What a command needs is loaded when
 * it is chosen, so that help and mistakes are answered at once.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { RuneError } from './errors.ts';
import type { Rune } from './rune.ts';
import { isBundle } from './trust.ts';
import type { Vault } from './vault.ts';

const HELP = `rune: an encrypted memory for a team of agents

  rune status                      what the Vault says of itself
  rune init                        open the team's index at the search service
  rune remember [TEXT…] [--file F] store texts (one per line of F; - for standard input)
  rune recall QUESTION [--top-k N] the memories nearest to a question

  --vault URL         MCP endpoint of the Vault              (RUNE_VAULT)
  --ca FILE           whom to believe: ca.crt of the token's Secret  (RUNE_CA)
  --token-file FILE   file with the token                    (RUNE_TOKEN holds the token itself)
  --envector URL      the search service                     (RUNE_ENVECTOR)
  --index NAME        the team's index there                 (RUNE_INDEX)
  --top-k N           how many answers, 1 to 10, default 5
  --json              answers as JSON, one document
  --help
`;

const options = {
	vault: { type: 'string' },
	ca: { type: 'string' },
	'token-file': { type: 'string' },
	envector: { type: 'string' },
	index: { type: 'string' },
	file: { type: 'string' },
	'top-k': { type: 'string', default: '5' },
	json: { type: 'boolean', default: false },
	help: { type: 'boolean', default: false },
} as const;

type Settings = { vault: string; token: string; ca?: string; envector?: string; index?: string };

/** A mistake in how the command was called: told with the option's name, exit code 2. */
class UsageError extends Error {}

async function main(argv: string[]): Promise<void> {
	const { values, positionals } = parse(argv);
	const [command, ...words] = positionals;
	if (values.help || command === undefined) {
		process.stdout.write(HELP);
		return;
	}
	const settings = await readSettings(values);
	const print = (value: unknown, text: string) => console.log(values.json ? JSON.stringify(value) : text);
	switch (command) {
		case 'status':
			return withVault(settings, async vault => {
				const status = await vault.status();
				print(
					status,
					Object.entries(status)
						.map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
						.join('\n'),
				);
			});
		case 'init':
			return withRune(settings, async rune => {
				await rune.createIndex();
				print({ index: settings.index }, `index ${settings.index} is open`);
			});
		case 'remember':
			return withRune(settings, async rune => {
				const texts = [...words, ...(values.file === undefined ? [] : await readLines(values.file))];
				if (texts.length === 0) throw new UsageError('remember: no TEXT and no --file');
				const rows = await rune.remember(texts, stored => values.json || process.stderr.write(`${stored} of ${texts.length} stored\n`));
				print({ rows }, `${rows.length} memories stored`);
			});
		case 'recall':
			return withRune(settings, async rune => {
				const question = words.join(' ');
				if (question === '') throw new UsageError('recall: no QUESTION');
				const { memories } = await rune.recall(question, topK(values['top-k']));
				print({ memories }, memories.map(memory => `${memory.score.toFixed(4)}  ${memory.text}`).join('\n'));
			});
		default:
			throw new UsageError(`no such command: ${command}`);
	}
}

function parse(argv: string[]) {
	try {
		return parseArgs({ args: argv, options, allowPositionals: true });
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : 'bad arguments');
	}
}

async function readSettings(values: {
	vault?: string;
	ca?: string;
	'token-file'?: string;
	envector?: string;
	index?: string;
}): Promise<Settings> {
	const { RUNE_VAULT, RUNE_CA, RUNE_TOKEN, RUNE_ENVECTOR, RUNE_INDEX } = process.env;
	const vault = values.vault ?? RUNE_VAULT;
	if (vault === undefined || !URL.canParse(vault)) throw new UsageError('--vault (or RUNE_VAULT) must be the URL of a Vault');
	const file = values['token-file'];
	const token = file === undefined ? RUNE_TOKEN : (await readText(file)).trim();
	if (token === undefined || token === '') throw new UsageError('RUNE_TOKEN (or --token-file) must hold the token');
	const ca = await readAuthorities(values.ca ?? RUNE_CA);
	const envector = values.envector ?? RUNE_ENVECTOR;
	const index = values.index ?? RUNE_INDEX;
	return {
		vault,
		token,
		...(ca === undefined ? {} : { ca }),
		...(envector === undefined ? {} : { envector }),
		...(index === undefined ? {} : { index }),
	};
}

async function readAuthorities(file: string | undefined): Promise<string | undefined> {
	if (file === undefined || file === '') return undefined;
	const ca = await readText(file);
	if (!isBundle(ca)) throw new UsageError(`--ca (or RUNE_CA): ${file} holds no certificate in PEM`);
	return ca;
}

async function withVault(settings: Settings, work: (vault: Vault) => Promise<void>): Promise<void> {
	const { connectVault } = await import('./vault.ts');
	const vault = await connectVault({
		url: settings.vault,
		token: settings.token,
		...(settings.ca === undefined ? {} : { ca: settings.ca }),
	});
	try {
		await work(vault);
	} finally {
		await vault.close();
	}
}

function withRune(settings: Settings, work: (rune: Rune) => Promise<void>): Promise<void> {
	const { envector, index } = settings;
	if (envector === undefined || !URL.canParse(envector))
		throw new UsageError('--envector (or RUNE_ENVECTOR) must be the URL of the search service');
	if (index === undefined) throw new UsageError('--index (or RUNE_INDEX) must name the index');
	return withVault(settings, async vault => {
		const [{ openRune }, { connectEnvector }, { loadEnglishModel }] = await Promise.all([
			import('./rune.ts'),
			import('./envector.ts'),
			import('./embed.ts'),
		]);
		using rune = await openRune({ vault, envector: connectEnvector(envector), index, embed: await loadEnglishModel() });
		await work(rune);
	});
}

async function readLines(file: string): Promise<string[]> {
	const text = file === '-' ? Buffer.concat(await process.stdin.toArray()).toString() : await readText(file);
	return text
		.split('\n')
		.map(line => line.trim())
		.filter(line => line !== '');
}

async function readText(file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
	} catch {
		throw new UsageError(`${file} cannot be read`);
	}
}

function topK(text: string): number {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1 || value > 10) throw new UsageError('--top-k must be a whole number from 1 to 10');
	return value;
}

try {
	await main(process.argv.slice(2));
} catch (error) {
	if (!(error instanceof UsageError || error instanceof RuneError)) throw error;
	console.error(`rune: ${error.message}`);
	process.exitCode = error instanceof UsageError ? 2 : 1;
}
