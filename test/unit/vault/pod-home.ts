/** The world of one Vault pod on this machine: its folders, the smallest API server it can live with, and the program as a child process. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sha256, testConfig, tokens } from './builders.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';

const program = new URL('../../../vault/main.ts', import.meta.url).pathname;
export const secrets = '/api/v1/namespaces/rune/secrets';
export const configMaps = '/api/v1/namespaces/rune/configmaps';
export const lease = '/apis/coordination.k8s.io/v1/namespaces/rune/leases/acme-primary';
export const slice = '/apis/discovery.k8s.io/v1/namespaces/rune/endpointslices/acme-primary';

/** Resolves to the exit code, null when a signal ended it. */
export const finished = (child: ChildProcess) => new Promise<number | null>(resolve => child.once('close', resolve));

export class PodHome {
	readonly api: FakeApi;
	readonly directory: string;
	/** The configuration file's first text. */
	readonly config: string;
	readonly #children: ChildProcess[] = [];

	private constructor(api: FakeApi) {
		this.api = api;
		this.directory = mkdtempSync(join(tmpdir(), 'pod-'));
		mkdirSync(this.file('keys/1'), { recursive: true });
		mkdirSync(this.file('canaries'));
		writeFileSync(this.file('kubeconfig'), api.kubeconfig);
		const team = { name: 'team', role: 'Member', generation: 1, sha256: sha256(tokens.team) };
		writeFileSync(this.file('verifiers.json'), JSON.stringify({ tokens: [team] }));
		const given = testConfig({
			keys: { directory: this.file('keys'), versions: [1], kekFile: this.file('kek') },
			verifiersFile: this.file('verifiers.json'),
			canaryDirectory: this.file('canaries'),
		});
		this.config = JSON.stringify(given);
		writeFileSync(this.file('config.json'), this.config);
	}

	static async create(): Promise<PodHome> {
		return new PodHome(await startFakeApi());
	}

	file(name: string): string {
		return join(this.directory, name);
	}

	/** Starts the program, as the container would be. */
	run(command: string, args: string[] = [], more: NodeJS.ProcessEnv = {}): ChildProcess {
		const env = {
			PATH: process.env.PATH,
			KUBECONFIG: this.file('kubeconfig'),
			VAULT_CONFIG: this.file('config.json'),
			POD_NAME: 'acme-0',
			POD_NAMESPACE: 'rune',
			POD_IP: '127.0.0.1',
			OWNED_LABELS: JSON.stringify({ 'runevault.io/vault': 'acme' }),
			OWNER_REFERENCE: JSON.stringify({ apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', name: 'acme', uid: 'u-1' }),
		};
		const child = spawn(process.execPath, [program, command, ...args], { env: { ...env, ...more } });
		this.#children.push(child);
		return child;
	}

	/** The log line with this message, once it is there. */
	log(from: ChildProcess, message: string): Promise<Record<string, unknown>> {
		const { stderr } = from;
		assert.ok(stderr);
		return new Promise((resolve, reject) => {
			const seen: string[] = [];
			createInterface({ input: stderr }).on('line', line => {
				seen.push(line);
				if (line.includes(`"msg":"${message}"`)) resolve(JSON.parse(line));
			});
			from.once('close', () => reject(new Error(`ended without "${message}": ${seen.join('\n')}`)));
		});
	}

	/** Makes what a pod finds when it starts: the Secrets and canaries keygen made, as the kubelet would mount them, Lease and slice. */
	prepare(): void {
		const data = (path: string, field: string): Record<string, string> => Object(this.api.objects.get(path)?.[field]);
		for (const [name, value] of Object.entries(data(`${secrets}/acme-keys-1`, 'data'))) {
			writeFileSync(this.file(`keys/1/${name}`), Buffer.from(value, 'base64'));
		}
		writeFileSync(this.file('kek'), Buffer.from(data(`${secrets}/acme-kek`, 'data').kek ?? '', 'base64'));
		for (const [name, value] of Object.entries(data(`${configMaps}/acme-canaries`, 'binaryData'))) {
			writeFileSync(this.file(`canaries/${name}`), Buffer.from(value, 'base64'));
		}
		writeFileSync(this.file('config.json'), this.config);
		for (const path of [lease, slice]) {
			this.api.objects.set(path, { metadata: { name: 'acme-primary', namespace: 'rune', uid: 'u', resourceVersion: '1' }, spec: {} });
		}
	}

	killAll(): void {
		for (const child of this.#children.splice(0)) child.kill('SIGKILL');
	}

	close(): void {
		this.killAll();
		this.api.close();
		rmSync(this.directory, { recursive: true });
	}
}
