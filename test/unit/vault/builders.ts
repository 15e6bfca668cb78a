/** A Vault in process, over real HTTP on loopback, with the vendor's key. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { metadataKey } from '../../../fhe/formats/metadata.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { generateSecretKey, SecretKey } from '../../../fhe/secret-key.ts';
import { type AuditLog, createAuditLog } from '../../../vault/audit/log.ts';
import type { Identity } from '../../../vault/auth/verifiers.ts';
import { fixedVerifiers } from '../../../vault/auth/verifiers.ts';
import type { VaultConfig } from '../../../vault/config.ts';
import { createPublicApp } from '../../../vault/http/app.ts';
import { createInternalApp } from '../../../vault/http/internal.ts';
import { type ListenOptions, listen } from '../../../vault/http/listen.ts';
import { buildKeyring, type Keyring } from '../../../vault/keys/keyring.ts';
import { readSecretKeyFile } from '../../../vault/keys/secret-key-file.ts';
import { type Log, silentLog } from '../../../vault/log.ts';
import type { Tracing } from '../../../vault/tracing/otlp.ts';
import { createVault, type Vault } from '../../../vault/vault.ts';

export const vector = (name: string): Uint8Array =>
	new Uint8Array(readFileSync(new URL(`../../vectors/envector/${name}`, import.meta.url)));
export const vectorPath = (name: string): string => new URL(`../../vectors/envector/${name}`, import.meta.url).pathname;
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

export function testConfig(change: Partial<VaultConfig> = {}): VaultConfig {
	return {
		vault: 'acme',
		namespace: 'rune',
		team: 'acme',
		dimension: 1024,
		keys: { directory: '/vault_keys', versions: [1], kekFile: '/etc/runevault/kek/kek' },
		verifiersFile: '/etc/runevault/verifiers/verifiers.json',
		canaryDirectory: '/etc/runevault/canaries',
		limits: { topK: 10, callsPerMinute: 600, failedAuthPerMinute: 20 },
		lease: { name: 'acme-primary', durationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2, endpointSlice: 'acme-primary' },
		ports: { public: 0, internal: 0 },
		protection: {
			provenance: { mode: 'Optional', publicKeys: [] },
			guardRows: 0,
			smudge: 0,
			releasedBits: { limitPerKey: 3000, onLimit: 'Alert', ledger: 'acme-ledger' },
		},
		hosts: ['acme.rune.svc'],
		origins: ['https://app.example.com'],
		...change,
	};
}

export const tokens = {
	team: 'evt_acme_team0000000000000000000000000000',
	guest: 'evt_acme_guest000000000000000000000000000',
	admin: 'evt_acme_admin000000000000000000000000000',
	expired: 'evt_acme_expired00000000000000000000000000',
} as const;

export function testVerifiers() {
	const entry = (token: string, identity: Omit<Identity, 'id'>, expiresAt = Number.POSITIVE_INFINITY) =>
		[sha256(token), { identity, expiresAt }] as const;
	return fixedVerifiers(
		new Map([
			entry(tokens.team, { name: 'team', role: 'Member', generation: 3 }),
			entry(tokens.guest, { name: 'guest', role: 'Member', generation: 1 }),
			entry(tokens.admin, { name: 'admin', role: 'Admin', generation: 1 }),
			entry(tokens.expired, { name: 'team', role: 'Member', generation: 2 }, 0),
		]),
	);
}

/** Collects lines; can be told to fail. */
export function testSink(): Writable & { lines: string[]; isBroken: boolean } {
	const sink = Object.assign(
		new Writable({
			write(chunk, _encoding, done) {
				if (sink.isBroken) {
					done(new Error('disk full'));
					return;
				}
				sink.lines.push(String(chunk).trimEnd());
				done();
			},
		}),
		{ lines: [] as string[], isBroken: false },
	);
	return sink;
}

export const teamSecret: Uint8Array = Buffer.alloc(32, 7);

/** The vendor's key. */
export async function vendorKeyring(): Promise<Keyring> {
	const secretKey = await readSecretKeyFile(vectorPath('SecKey.json'), undefined);
	const opened = { version: 1, secretKey, teamSecret: Uint8Array.from(teamSecret), createdAt: '2026-11-23T00:00:00Z' };
	return buildKeyring(await loadSeal(), [opened], testConfig());
}

/** A new key, as keys made here are. */
export async function newKeyring(config: VaultConfig): Promise<{ keyring: Keyring; secretKey: SecretKey }> {
	const secretKey = generateSecretKey();
	const copy = new SecretKey(secretKey.coefficients().slice());
	const opened = { version: 1, secretKey, teamSecret: Uint8Array.from(teamSecret), createdAt: '2026-11-23T00:00:00Z' };
	return { keyring: buildKeyring(await loadSeal(), [opened], config), secretKey: copy };
}

/** Guard rows and the noise of the default. */
export const protectedConfig = (change: Partial<VaultConfig['protection']> = {}): Pick<VaultConfig, 'protection'> => ({
	protection: { ...testConfig().protection, guardRows: 16, smudge: 5e-3, ...change },
});

/** Keys that decrypt nothing, for tests of what stands in front of them. */
export function fakeKeyring(change: Partial<Keyring> = {}): Keyring {
	const file = (text: string) => {
		const body = Buffer.from(text);
		return { body, sha256: sha256(body), etag: `"${sha256(body)}"` };
	};
	const unavailable = () => {
		throw new Error('a fake key decrypts nothing: secret-detail');
	};
	const current = {
		id: 'acme-1-0123456789ab',
		version: 1,
		fingerprint: `sha256:${'0'.repeat(64)}`,
		smudgeKey: new Uint8Array(32),
		decryptor: { scores: unavailable, coordinates: unavailable, [Symbol.dispose]: () => undefined },
	};
	return {
		current,
		files: { 'EncKey.json': file('{"enc":1}'), 'EvalKey.json': file('{"eval":"0123456789"}') },
		byId: id => (id === current.id ? current : undefined),
		metadataKey: agent => metadataKey(teamSecret, agent),
		[Symbol.dispose]: () => undefined,
		...change,
	};
}

export type RunningVault = {
	vault: Vault;
	sink: ReturnType<typeof testSink>;
	/** `http://127.0.0.1:<port>` of the public and the internal listener. */
	origin: string;
	internal: string;
	/** POST to /mcp with the team's token and what a client sends, changed as told; undefined removes a header. */
	post(body: unknown, headers?: Record<string, string | undefined>): Promise<Response>;
	/** tools/call by hand; the JSON-RPC answer. */
	callTool(name: string, args: unknown, token?: string): Promise<ToolAnswer>;
	close(): Promise<void>;
};

export type ToolAnswer = {
	status: number;
	error?: { code: number; message: string; data?: unknown };
	result?: { isError?: boolean; content: { type: string; text: string }[]; structuredContent?: Record<string, unknown> };
};

export async function startVault(
	options: {
		config?: Partial<VaultConfig>;
		keyring?: Keyring;
		log?: Log;
		audit?: AuditLog;
		limits?: ListenOptions['limits'];
		/** Of the public listener. */
		tls?: ListenOptions['tls'];
		tracing?: Tracing;
	} = {},
): Promise<RunningVault> {
	const sink = testSink();
	const audit = options.audit ?? createAuditLog(sink);
	const vault = createVault({ config: testConfig(options.config), log: options.log ?? silentLog(), audit, tracing: options.tracing });
	vault.state.keyring = options.keyring ?? fakeKeyring();
	vault.state.verifiers = testVerifiers();
	vault.state.role = () => ({ role: 'primary', epoch: 7 });
	const { limits = {}, tls } = options;
	const listener = await listen(createPublicApp(vault).callback(), { host: '127.0.0.1', port: 0, limits, ...(tls && { tls }) });
	const internalListener = await listen(createInternalApp(vault).callback(), { host: '127.0.0.1', port: 0 });
	const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}`;

	const post: RunningVault['post'] = (body, change = {}) => {
		const headers = new Headers({
			authorization: `Bearer ${tokens.team}`,
			'content-type': 'application/json',
			accept: 'application/json, text/event-stream',
		});
		for (const [name, value] of Object.entries(change)) {
			if (value === undefined) headers.delete(name);
			else headers.set(name, value);
		}
		return fetch(`${origin}/mcp`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
	};
	return {
		vault,
		sink,
		origin,
		internal: `http://127.0.0.1:${internalListener.port}`,
		post,
		async callTool(name, args, token = tokens.team) {
			const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
			const response = await post(message, { authorization: `Bearer ${token}` });
			const answer: Omit<ToolAnswer, 'status'> = JSON.parse(await response.text());
			return { ...answer, status: response.status };
		},
		async close() {
			await Promise.all([listener.close(0), internalListener.close(0)]);
		},
	};
}
