/**
 * The configuration of a Vault pod: one JSON file, written by the operator as ConfigMap `<name>-config`, read once at start.
 *
 * The schema is strict: a field that is misspelt or out of range stops the process with its name. The operator imports the type
 * only, so that both sides agree at compile time.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VaultError } from '../fhe/errors.ts';

const name = z.string().min(1).max(253);
const path = z.string().min(1).max(4096);
const port = z.int().min(0).max(65_535);
const seconds = z.number().positive().max(86_400);

/** Host names, optionally with a port. A name without a port allows every port. */
const host = z.string().min(1).max(260);

export const vaultConfigSchema = z.strictObject({
	vault: name.describe('name of the RuneVault'),
	namespace: name,
	team: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/, 'must be a DNS label of at most 32 characters'),
	dimension: z.int().min(32).max(4096),
	indexName: z.string().min(1).max(253).optional(),
	keys: z.strictObject({
		directory: path.describe('holds <version>/{SecKey_sealed.bin,TeamSecret_sealed.bin,key.json}'),
		versions: z.array(z.int().min(1)).min(1).max(8).describe('current first; the others decrypt only'),
		kekFile: path.describe('32 raw bytes'),
		fingerprint: z
			.string()
			.regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 hex digits>')
			.optional()
			.describe('of the current version; absent until it is recorded in the status'),
	}),
	verifiersFile: path,
	canaryDirectory: path,
	limits: z.strictObject({
		topK: z.int().min(1).max(10),
		callsPerMinute: z.int().min(1).max(1_000_000),
		failedAuthPerMinute: z.int().min(1).max(10_000),
	}),
	lease: z.strictObject({
		name,
		durationSeconds: seconds,
		renewDeadlineSeconds: seconds,
		retryPeriodSeconds: seconds,
		endpointSlice: name,
	}),
	ports: z.strictObject({ public: port, internal: port }),
	tls: z
		.strictObject({
			internal: path.describe('folder with tls.crt, tls.key, and ca.crt: whose certificate the operator shows'),
			public: path.optional().describe('folder with tls.crt and tls.key; plain HTTP when left out'),
		})
		.optional()
		.describe('certificates of the listeners; plain HTTP on both when left out'),
	audit: z
		.strictObject({ directory: path.describe('on a volume of this pod alone') })
		.optional()
		.describe('where audit records are kept; standard output when left out'),
	/** How the key is kept from those who may call. */
	protection: z.strictObject({
		provenance: z.strictObject({
			mode: z.enum(['Optional', 'Required']),
			publicKeys: z.array(z.strictObject({ kid: z.string().min(1).max(64), key: z.string().min(1).max(512) })).max(8),
		}),
		guardRows: z.int().min(0).max(16).describe('first rows of each group of rows that must be encryptions of zero'),
		smudge: z.number().min(0).max(0.01).describe('standard deviation of the noise on a score'),
		releasedBits: z.strictObject({
			limitPerKey: z.int().min(1).max(1_000_000),
			onLimit: z.enum(['Alert', 'Refuse']),
			ledger: name.describe('name of the ConfigMap that the account is kept in'),
		}),
	}),
	tracing: z
		.strictObject({
			endpoint: z
				.string()
				.max(512)
				.regex(/^https?:\/\//, 'must be an http or https URL')
				.describe('a collector that takes OTLP over HTTP'),
			samplingRatio: z
				.string()
				.regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'must be a number from 0 to 1')
				.describe('of calls that are part of no trace'),
		})
		.optional()
		.describe('where spans of calls go; no call is traced when left out'),
	/**
	 * Values of `Host` that are ours, for the guard against DNS rebinding: the Service's names (`acme`, `acme.rune`, `acme.rune.svc`,
	 * `acme.rune.svc.cluster.local`), those of the headless Service (`*.acme-pods.rune.svc…` as `.acme-pods.rune.svc`, a leading dot
	 * meaning "and every name below") and the Ingress host. The pod adds POD_IP, localhost and 127.0.0.1 by itself.
	 */
	hosts: z.array(host).max(64),
	/** Values of `Origin` that may call from a browser, such as `https://app.example.com`. Empty: none, which is usual. */
	origins: z.array(z.string().min(1).max(512)).max(64),
});

/** What the operator writes and the pod reads. Build it with plain values: every field but `indexName`, `keys.fingerprint`, `tls`, `audit` and `tracing` is required. */
export type VaultConfig = z.infer<typeof vaultConfigSchema>;

/**
 * Reads and checks the configuration file.
 * @throws VaultError `invalid_argument`, one line that names the file and the field.
 */
export async function readConfig(file: string): Promise<VaultConfig> {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (cause) {
		throw new VaultError('invalid_argument', `cannot read the configuration file ${file}`, { cause, field: 'VAULT_CONFIG' });
	}
	return parseConfig(text, file);
}

/** Checks the text of a configuration file; `source` only names it in errors. */
export function parseConfig(text: string, source: string): VaultConfig {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new VaultError('invalid_argument', `configuration ${source}: not JSON`, { cause, field: 'VAULT_CONFIG' });
	}
	const parsed = vaultConfigSchema.safeParse(value);
	if (parsed.success) return Object.freeze(parsed.data);
	const issue = parsed.error.issues[0];
	const field = issue === undefined ? '' : describeField(issue);
	throw new VaultError('invalid_argument', `configuration ${source}: ${field}: ${issue?.message ?? 'invalid'}`, { field });
}

function describeField(issue: z.core.$ZodIssue): string {
	const key = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
	return [...issue.path, ...key].join('.') || '(root)';
}
