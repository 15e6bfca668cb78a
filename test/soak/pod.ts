/** One Vault pod's process with its audit records in files, at a real API server, with the vendor's key adopted by a real keygen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { create, get } from '../../kube/objects.ts';
import { type KubeObject, resources } from '../../kube/resources.ts';
import { createTransport } from '../../kube/transport.ts';
import { startApiServer } from '../api/harness.ts';
import { sha256, testConfig, tokens, vectorPath } from '../unit/vault/builders.ts';

const program = join(import.meta.dirname, '..', '..', 'vault', 'main.ts');
const namespace = 'rune';

export type SoakPod = {
	readonly url: string;
	readonly token: string;
	readonly auditDirectory: string;
	/** Bytes of resident memory. */
	memory(): Promise<number>;
	/** Lines of its log that tell of an error. */
	errors(): readonly string[];
	/** Asks it to end and waits. @returns its exit code */
	stop(): Promise<number | null>;
	/** Removes everything. */
	clean(): Promise<void>;
};

export async function startPod(): Promise<SoakPod> {
	const api = await startApiServer();
	const directory = await mkdtemp(join(tmpdir(), 'soak-'));
	const file = (name: string) => join(directory, name);
	let child: ChildProcess | undefined;
	const clean = async () => {
		child?.kill('SIGKILL');
		await api.stop();
		await rm(directory, { recursive: true, force: true });
	};
	const env = {
		PATH: process.env.PATH,
		KUBECONFIG: api.kubeconfig,
		VAULT_CONFIG: file('config.json'),
		...{ POD_NAME: 'acme-0', POD_NAMESPACE: namespace, POD_IP: '127.0.0.1' },
	};
	try {
		await prepare(file);
		await writeObjects(api.config);
		const keygen = spawn(process.execPath, [program, 'keygen', '--import', vectorPath('SecKey.json'), '--import-kek', '/nowhere'], {
			env,
			stdio: ['ignore', 'ignore', 'inherit'],
		});
		const [code] = await once(keygen, 'exit');
		if (code !== 0) throw new Error(`keygen: exit ${code}`);
		await mountSecrets(api.config, file);
		const vault = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
		child = vault;
		const log = followLog(vault);
		const port = await log.listening;
		return {
			url: `http://127.0.0.1:${port}/mcp`,
			token: tokens.team,
			auditDirectory: file('audit'),
			memory: () => residentMemory(vault.pid ?? 0),
			errors: () => log.errors,
			async stop() {
				const ended = once(vault, 'exit');
				vault.kill('SIGTERM');
				const [code] = await ended;
				return code;
			},
			clean,
		};
	} catch (error) {
		await clean();
		throw error;
	}
}

type FileName = (name: string) => string;

async function prepare(file: FileName): Promise<void> {
	for (const folder of ['keys/1', 'canaries', 'audit']) await mkdir(file(folder), { recursive: true });
	const team = { name: 'team', role: 'Member', generation: 1, sha256: sha256(tokens.team) };
	await writeFile(file('verifiers.json'), JSON.stringify({ tokens: [team] }));
	const config = testConfig({
		keys: { directory: file('keys'), versions: [1], kekFile: file('kek') },
		verifiersFile: file('verifiers.json'),
		canaryDirectory: file('canaries'),
		limits: { topK: 10, callsPerMinute: 1_000_000, failedAuthPerMinute: 20 },
		audit: { directory: file('audit') },
	});
	await writeFile(file('config.json'), JSON.stringify(config));
}

type ApiConfig = Parameters<typeof createTransport>[0];

/** What the operator makes for a pod to take: its Lease and its EndpointSlice. */
async function writeObjects(config: ApiConfig): Promise<void> {
	const transport = createTransport(config);
	const metadata = { name: 'acme-primary', namespace };
	const objects: [(typeof resources)[keyof typeof resources], KubeObject][] = [
		[resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }],
		[resources.leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} }],
		[
			resources.endpointSlices,
			{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints: [], ports: [] },
		],
	];
	try {
		for (const [resource, object] of objects) await create(transport, resource, object);
	} finally {
		await transport.close();
	}
}

/** Puts the Secrets of keygen where the kubelet would mount them. */
async function mountSecrets(config: ApiConfig, file: FileName): Promise<void> {
	const transport = createTransport(config);
	const dataOf = async (name: string): Promise<Record<string, string>> => {
		const secret = await get(transport, resources.secrets, { namespace, name });
		return Object(secret?.data);
	};
	try {
		for (const [name, value] of Object.entries(await dataOf('acme-keys-1'))) {
			await writeFile(file(`keys/1/${name}`), Buffer.from(value, 'base64'));
		}
		await writeFile(file('kek'), Buffer.from((await dataOf('acme-kek')).kek ?? '', 'base64'));
	} finally {
		await transport.close();
	}
}

function followLog(child: ChildProcess): { listening: Promise<number>; errors: string[] } {
	const errors: string[] = [];
	const listening = new Promise<number>((resolve, reject) => {
		if (child.stderr === null) throw new Error('the log is not piped');
		createInterface({ input: child.stderr }).on('line', line => {
			if (/"level":"(error|fatal)"|^(?!\{)/.test(line)) errors.push(line);
			if (line.includes('"msg":"listening"')) resolve(Number(JSON.parse(line).publicPort));
		});
		child.once('exit', code => reject(new Error(`the Vault ended with ${code}: ${errors.join('\n')}`)));
	});
	return { listening, errors };
}

async function residentMemory(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
