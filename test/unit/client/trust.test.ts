/** Whom the client library and its command line believe, against a Vault with a certificate on loopback. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { connectVault } from '../../../client/vault.ts';
import type { KeyPair } from '../../../operator/tls/certificate.ts';
import { newAuthority, signedBy } from '../tls/pki.ts';
import { type RunningVault, startVault, tokens } from '../vault/builders.ts';

const program = join(import.meta.dirname, '../../../client/main.ts');

describe('trust in a Vault', () => {
	let authority: KeyPair;
	let running: RunningVault;
	let directory: string;
	const connect = (ca: string, url = `${running.origin}/mcp`) =>
		connectVault({ url, token: tokens.team, ca, retries: 3, retryDelayMs: 60_000 });
	const rune = async (args: string[], env: Record<string, string> = {}) => {
		const settings = { PATH: '', RUNE_VAULT: `${running.origin}/mcp`, RUNE_TOKEN: tokens.team };
		const child = spawn(process.execPath, [program, ...args], { env: { ...settings, ...env } });
		const ended = new Promise<number | null>(resolve => child.once('close', resolve));
		const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
		return { code: await ended, stdout, stderr };
	};
	const file = (name: string, content: string) => {
		writeFileSync(join(directory, name), content);
		return join(directory, name);
	};

	before(async () => {
		authority = await newAuthority();
		running = await startVault({ tls: await signedBy(authority, { names: ['127.0.0.1'] }) });
		directory = mkdtempSync(join(tmpdir(), 'trust-'));
	});
	after(async () => {
		await running.close();
		rmSync(directory, { recursive: true });
	});

	it('[CLI-34] is in the authorities it is given, also when there are several', async () => {
		const other = await newAuthority();
		for (const ca of [authority.cert, `${other.cert}${authority.cert}`]) {
			const vault = await connect(ca);
			assert.equal((await vault.status()).role, 'primary');
			assert.match((await vault.publicKey())['EncKey.json'], /enc/);
			await vault.close();
		}
	});

	it('[CLI-35] is in no other authority, name or time, and then no token is sent and nothing is tried again', async () => {
		const refused = (code: string) => ({ name: 'RuneError', code: 'untrusted', message: new RegExp(code) });
		const counted = () => running.vault.metrics.registry.getSingleMetricAsString('vault_auth_attempts_total');
		const before = await counted();
		await assert.rejects(connect((await newAuthority()).cert), refused('SELF_SIGNED|UNABLE_TO_VERIFY'));
		await assert.rejects(connectVault({ url: `${running.origin}/mcp`, token: tokens.team }), refused('SELF_SIGNED|UNABLE_TO_VERIFY'));
		await assert.rejects(connect(authority.cert, running.origin.replace('127.0.0.1', 'localhost')), refused('ALTNAME'));
		const expired = await startVault({ tls: await signedBy(authority, { names: ['127.0.0.1'], notAfter: Date.now() - 1000 }) });
		await assert.rejects(connect(authority.cert, `${expired.origin}/mcp`), refused('EXPIRED'));
		await expired.close();
		assert.equal(await counted(), before);
	});

	it('[CLI-34] rune takes the authority from --ca or RUNE_CA', async () => {
		const ca = file('ca.crt', authority.cert);
		for (const [args, env] of [
			[['status', '--json', '--ca', ca], {}],
			[['status', '--json'], { RUNE_CA: ca }],
		] as const) {
			const { code, stdout, stderr } = await rune([...args], env);
			assert.deepEqual([code, stderr], [0, '']);
			assert.equal(JSON.parse(stdout).role, 'primary');
		}
		const { code, stderr } = await rune(['status']);
		assert.equal(code, 1);
		assert.match(stderr, /^rune: vault: its certificate is not to be trusted \([A-Z_]+\); its authority is ca\.crt beside the token\n$/);
	});

	for (const [what, content, message] of [
		['is no certificate', 'x', /^rune: --ca \(or RUNE_CA\): .*ca\.pem holds no certificate in PEM\n$/],
		['cannot be read', undefined, /^rune: .*none\.pem cannot be read\n$/],
	] as const) {
		it(`[CLI-36] rune says in one line that --ca ${what}, and exits with 2`, async () => {
			const path = content === undefined ? join(directory, 'none.pem') : file('ca.pem', content);
			const { code, stderr } = await rune(['status', '--ca', path]);
			assert.equal(code, 2);
			assert.match(stderr, message);
		});
	}
});
