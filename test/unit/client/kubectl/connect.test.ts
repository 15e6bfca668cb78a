import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CLIENTS } from '../../../../client/kubectl/commands.ts';
import { forwardByKubectl } from '../../../../client/kubectl/connect/forward.ts';
import { snippetFor } from '../../../../client/kubectl/connect/snippets.ts';
import { createPublicApp } from '../../../../vault/http/app.ts';
import { listen } from '../../../../vault/http/listen.ts';
import type { Received } from '../../kube/api-stub.ts';
import { type RunningVault, startVault, tokens } from '../../vault/builders.ts';
import { aStatus, aToken, aVault } from './builders.ts';
import { kubectl, type World } from './fake-cluster.ts';

const URL_OF_VAULT = 'http://acme.rune.svc:8443/mcp';
const forbidSecrets = ({ url }: Received) =>
	url.includes('/secrets/') ? ([403, { kind: 'Status', code: 403, message: 'no' }] as const) : undefined;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A certificate that is its own authority. */
async function certificateFor(name: string): Promise<{ cert: string; key: string }> {
	const folder = await mkdtemp(join(tmpdir(), 'runevault-certificate-'));
	try {
		const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
		const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=test'];
		await promisify(execFile)('openssl', [...request, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert]);
		return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

describe('kubectl runevault connect: snippets', () => {
	const server = { name: 'runevault-acme', url: URL_OF_VAULT, token: undefined };

	it('[CLI-46] leave a place for the token where each client takes it from', () => {
		const places = {
			claude: `$\{RUNEVAULT_TOKEN}`,
			json: `$\{RUNEVAULT_TOKEN}`,
			gemini: '$RUNEVAULT_TOKEN',
			vscode: `$\{input:runevault-acme-token}`,
		};
		for (const [client, place] of Object.entries(places)) {
			const text = snippetFor(client as 'json', server).text;
			const { mcpServers, servers } = JSON.parse(text);
			const entry = (mcpServers ?? servers)['runevault-acme'];
			assert.equal(entry.headers.Authorization, `Bearer ${place}`);
			assert.equal(entry.url ?? entry.httpUrl, URL_OF_VAULT);
		}
		assert.match(
			snippetFor('codex', server).text,
			/^\[mcp_servers\.runevault-acme\]\nurl = "http:.*"\nbearer_token_env_var = "RUNEVAULT_TOKEN"$/,
		);
	});

	it('[CLI-46] hold it when it is given', () => {
		for (const client of CLIENTS)
			assert.ok(snippetFor(client, { ...server, token: 'evt_acme_x' }).text.includes('Bearer evt_acme_x'), client);
	});
});

describe('kubectl runevault connect', () => {
	let running: RunningVault;
	before(async () => {
		running = await startVault();
	});
	after(() => running.close());

	const world = (token: string = tokens.team, change: Partial<World> = {}): World => ({
		vaults: [aVault({ status: aStatus({ endpoint: URL_OF_VAULT }) })],
		forward: async () => ({ port: Number(new URL(running.origin).port), close: () => undefined }),
		others: ({ url }: Received) =>
			url.endsWith('/secrets/acme-token-team')
				? [200, { metadata: { name: 'acme-token-team' }, data: { token: base64(token) } }]
				: undefined,
		...change,
	});

	it('[CLI-47] calls the Vault by its own name through a forwarded port of the primary, and says who answered', async () => {
		const pods: string[] = [];
		const { forward } = world();
		const given = world(tokens.team, {
			forward: async (pod, port) => {
				pods.push(`${pod.namespace}/${pod.name}:${port}`);
				return { port: (await forward?.(pod, port))?.port ?? 0, close: () => undefined };
			},
		});
		const { code, err } = await kubectl(['connect', 'acme'], given);
		assert.equal(code, 0, err);
		assert.deepEqual(pods, ['rune/acme-0:8443']);
		assert.match(
			err,
			/\/mcp answers through a forwarded port of acme-0 in \d+ ms: primary, epoch 7, key acme-1-0123456789ab, as team \(Member\)\n$/,
		);
	});

	it('[CLI-47] over TLS believes ca.crt of the Secret, and checks the name in the endpoint and not that of the forwarded port', async t => {
		const listenWith = async (name: string) => {
			const { cert, key } = await certificateFor(name);
			const listener = await listen(createPublicApp(running.vault).callback(), { host: '127.0.0.1', port: 0, tls: { cert, key } });
			t.after(() => listener.close(0));
			const secret = { metadata: { name: 'acme-token-team' }, data: { token: base64(tokens.team), 'ca.crt': base64(cert) } };
			return world(tokens.team, {
				vaults: [aVault({ status: aStatus({ endpoint: URL_OF_VAULT.replace('http:', 'https:') }) })],
				forward: async () => ({ port: listener.port, close: () => undefined }),
				others: ({ url }) => (url.includes('/secrets/') ? [200, secret] : undefined),
			});
		};
		const right = await kubectl(['connect', 'acme'], await listenWith('acme.rune.svc'));
		assert.equal(right.code, 0, right.err);
		assert.match(
			right.err,
			/whom to trust: kubectl get secret .*ca\\\.crt.* > acme-ca\.crt, and NODE_EXTRA_CA_CERTS=acme-ca\.crt\nhttps:.* answers/,
		);
		const wrong = await kubectl(['connect', 'acme'], await listenWith('localhost'));
		assert.equal(wrong.code, 1);
		assert.match(wrong.err, /ERR_TLS_CERT_ALTNAME_INVALID\n$/);
	});

	it('[CLI-46] prints the token only when asked to, and says how to get it otherwise', async () => {
		const hidden = await kubectl(['connect', 'acme', '--client', 'claude'], world());
		assert.ok(!`${hidden.out}${hidden.err}`.includes(tokens.team));
		assert.match(
			hidden.err,
			/export RUNEVAULT_TOKEN="\$\(kubectl get secret -n rune acme-token-team -o jsonpath='\{\.data\.token\}' \| base64 -d\)"/,
		);
		const shown = await kubectl(['connect', 'acme', '--client', 'claude', '--show-token'], world());
		assert.equal(JSON.parse(shown.out).mcpServers['runevault-acme'].headers.Authorization, `Bearer ${tokens.team}`);
		assert.ok(!shown.err.includes(tokens.team));
	});

	it('[CLI-8] [CLI-46] reads no Secret with --no-call, and else the one of the token', async () => {
		const without = await kubectl(['connect', 'acme', 'team', '--no-call'], world());
		assert.equal(without.code, 0);
		assert.ok(!without.received.some(({ url }) => url.includes('secrets')));
		const called = await kubectl(['connect', 'acme', 'team'], world());
		assert.deepEqual(
			called.received.filter(({ url }) => url.includes('secrets')).map(({ url }) => url.split('/').at(-1)),
			['acme-token-team'],
		);
	});

	it('[CLI-47] a token that is not known, and a Vault that does not answer, are told without the token', async () => {
		const wrong = 'evt_acme_wrong000000000000000000000000000';
		const unknown = await kubectl(['connect', 'acme'], world(wrong));
		assert.equal(unknown.code, 1);
		assert.match(unknown.err, /with token team, through a forwarded port of acme-0: .*does not accept this token/);
		assert.ok(!unknown.err.includes(wrong));
		const dead = await kubectl(['connect', 'acme'], world(tokens.team, { forward: async () => ({ port: 1, close: () => undefined }) }));
		assert.equal(dead.code, 1);
		assert.match(dead.err, /no answer: ECONNREFUSED\n$/);
		assert.notEqual(dead.out, '', 'the snippet is there all the same');
	});

	for (const [what, argv, change, message] of [
		['has no endpoint yet', ['acme'], { vaults: [aVault({ status: {} })] }, /has no endpoint yet/],
		['has no such token', ['acme', 'tema'], {}, /has no token tema; it has team/],
		[
			'has several tokens and none is named',
			['acme'],
			{ vaults: [aVault({ status: aStatus({ tokens: [aToken(), aToken({ name: 'ci' })] }) })] },
			/several tokens, name one: team, ci/,
		],
		[
			'has a Secret that may not be read',
			['acme'],
			{ others: forbidSecrets },
			/you may not read Secret acme-token-team, which the call needs/,
		],
	] as const) {
		it(`one that ${what} is refused in one line`, async () => {
			const { code, err } = await kubectl(['connect', ...argv], world(tokens.team, change as Partial<World>));
			assert.equal(code, 1);
			assert.match(err, message);
		});
	}
});

describe('kubectl runevault connect: the forwarded port', () => {
	let folder: string;
	const path = process.env.PATH;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'runevault-forward-'));
		process.env.PATH = `${folder}${delimiter}${path}`;
	});
	after(async () => {
		process.env.PATH = path;
		await rm(folder, { recursive: true, force: true });
	});
	const program = async (script: string) => {
		await writeFile(join(folder, 'kubectl'), `#!/bin/sh\n${script}\n`);
		await chmod(join(folder, 'kubectl'), 0o755);
	};
	const forward = () => forwardByKubectl({ namespace: 'rune', name: 'acme-0' }, 8443);

	it('[CLI-47] is the one that kubectl says', async () => {
		await program('test "$*" = "port-forward -n rune pod/acme-0 :8443" && echo "Forwarding from 127.0.0.1:4711 -> 8443" && exec sleep 60');
		const { port, close } = await forward();
		close();
		assert.equal(port, 4711);
	});

	it('[CLI-47] what kubectl refuses is told in its words', async () => {
		await program('echo "error: pods \\"acme-0\\" not found" >&2; exit 1');
		await assert.rejects(forward(), { message: 'kubectl port-forward to pod acme-0: error: pods "acme-0" not found' });
	});
});
