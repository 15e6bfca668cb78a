/**
 * `vault dev`: one Vault on loopback, without Kubernetes, for people and tests that want to try a client. The same app, limits and tools
 * as in a pod; keys are thrown away at the end unless one is given; the audit records go to stderr with the logs.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { protectionSchema } from '../../crds/protection.ts';
import { VaultError } from '../../fhe/errors.ts';
import { loadSeal } from '../../fhe/seal.ts';
import { generateSecretKey } from '../../fhe/secret-key.ts';
import { createAuditLog } from '../audit/log.ts';
import { fixedVerifiers, type VerifierTable } from '../auth/verifiers.ts';
import type { VaultConfig } from '../config.ts';
import { createPublicApp } from '../http/app.ts';
import { createInternalApp } from '../http/internal.ts';
import { listen } from '../http/listen.ts';
import { buildKeyring } from '../keys/keyring.ts';
import { readSecretKeyFile } from '../keys/secret-key-file.ts';
import { createLog } from '../log.ts';
import { startTracing } from '../tracing/settings.ts';
import { createVault } from '../vault.ts';
import { type Command, integerOption, parseOptions, stopSignal, UsageError } from './command.ts';

const HOST = '127.0.0.1';
/** How long requests in flight may take after the signal to stop. */
const GRACE_MS = 2000;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const help = `vault dev: one Vault on ${HOST}, to try a client

Usage: vault dev [--json] [--key FILE] [--kek FILE] [--dimension N] [--port N] [--protection default|off]

  --json           print one line {"url", "token"} on stdout and nothing else there
  --key FILE       use this secret key (SecKey.json, SecKey.bin, SecKey_sealed.bin) instead of a throw-away one
  --kek FILE       opens a sealed --key: 64 hex digits, or 32 raw bytes
  --dimension N    dimension of the vectors, 32 to 4096 (default 1024)
  --port N         default 0: any free port
  --protection P   default: results need guard rows and scores carry noise, as in a RuneVault that says nothing of it; off: neither

Spans of the calls go where OTEL_EXPORTER_OTLP_ENDPOINT says, if it is set.

Runs until SIGINT or SIGTERM. The token is new at each start.
`;

export const dev: Command = {
	help,
	async run(args) {
		const options = parseOptions(args, {
			json: { type: 'boolean', default: false },
			key: { type: 'string' },
			kek: { type: 'string' },
			dimension: { type: 'string', default: '1024' },
			port: { type: 'string', default: '0' },
			protection: { type: 'string', default: 'default' },
		});
		const dimension = integerOption('--dimension', options.dimension, 32, 4096);
		const port = integerOption('--port', options.port, 0, 65_535);
		if (options.kek !== undefined && options.key === undefined) throw new UsageError('--kek needs --key');

		const stopped = stopSignal();
		await using cleanup = new AsyncDisposableStack();
		const secretKey = options.key === undefined ? generateSecretKey() : await readSecretKeyFile(options.key, options.kek);
		const opened = { version: 1, secretKey, teamSecret: randomBytes(32), createdAt: new Date().toISOString() };
		const token = newToken('dev');
		const config = devConfig(dimension, protectionOption(options.protection));
		const log = createLog('warn');
		const tracing = await startTracing(config, 'dev', log);
		cleanup.defer(() => tracing?.close());
		const vault = createVault({ config, log, audit: createAuditLog(process.stderr), tracing });
		vault.state.role = () => ({ role: 'primary', epoch: 1 });
		vault.state.verifiers = fixedVerifiers(oneMember(token));
		vault.state.keyring = cleanup.use(buildKeyring(await loadSeal(), [opened], config));
		const internal = await listen(createInternalApp(vault).callback(), { host: HOST, port: 0 });
		cleanup.defer(() => internal.close(0));
		const listener = await listenOnPort(createPublicApp(vault).callback(), port);
		cleanup.defer(() => listener.close(GRACE_MS));

		const url = `http://${HOST}:${listener.port}/mcp`;
		const metrics = `http://${HOST}:${internal.port}/metrics`;
		process.stdout.write(options.json ? `${JSON.stringify({ url, token })}\n` : welcome(url, token, metrics, options.key));
		await stopped;
		vault.state.isDraining = true;
		vault.state.isClosing = true;
		return 0;
	},
};

type DevProtection = 'default' | 'off';

function protectionOption(value: string): DevProtection {
	if (value !== 'default' && value !== 'off') throw new UsageError('--protection must be default or off');
	return value;
}

function oneMember(token: string): VerifierTable {
	const sha256 = createHash('sha256').update(token).digest('hex');
	return new Map([[sha256, { identity: { name: 'team', role: 'Member', generation: 1 }, expiresAt: Number.POSITIVE_INFINITY }]]);
}

/** `evt_{team}_{32 base62}`: 190 random bits. */
export function newToken(team: string): string {
	const random = Array.from({ length: 32 }, () => BASE62[randomInt(BASE62.length)]).join('');
	return `evt_${team}_${random}`;
}

/** `default`: what a RuneVault has that says nothing of it. */
function devProtection(protection: DevProtection): VaultConfig['protection'] {
	const off = { guardRows: 0, smudge: '0' };
	const { provenance, guardRows, smudge, releasedBits } = protectionSchema.parse(protection === 'off' ? off : {});
	return { provenance, guardRows, smudge: Number(smudge), releasedBits: { ...releasedBits, ledger: 'dev-ledger' } };
}

export function devConfig(dimension: number, protection: DevProtection): VaultConfig {
	const unused = '/nonexistent';
	return {
		vault: 'dev',
		namespace: 'dev',
		team: 'dev',
		dimension,
		keys: { directory: unused, versions: [1], kekFile: unused },
		verifiersFile: unused,
		canaryDirectory: unused,
		limits: { topK: 10, callsPerMinute: 600, failedAuthPerMinute: 20 },
		lease: { name: 'dev', durationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2, endpointSlice: 'dev' },
		ports: { public: 0, internal: 0 },
		protection: devProtection(protection),
		hosts: [],
		origins: [],
	};
}

async function listenOnPort(handler: Parameters<typeof listen>[0], port: number) {
	try {
		return await listen(handler, { host: HOST, port });
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		throw new VaultError(error.code, `--port ${port}: ${error.message}`, { cause: error, field: '--port' });
	}
}

function welcome(url: string, token: string, metrics: string, keyFile: string | undefined): string {
	const client = { mcpServers: { runevault: { type: 'http', url, headers: { Authorization: `Bearer ${token}` } } } };
	return `A Vault for trying things, with ${keyFile === undefined ? 'a throw-away key' : `the key of ${keyFile}`}. Its token is new at each start.

  URL      ${url}
  Token    ${token}
  Metrics  ${metrics}

For an MCP client:

${JSON.stringify(client, null, 2)}

Ctrl-C stops it.
`;
}
