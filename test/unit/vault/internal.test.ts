/** Health, probe and metrics. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { healthOf } from '../../../vault/http/health.ts';
import { canaryAnswer, canaryDigest, newCanary } from '../../../vault/keys/canary.ts';
import { newState } from '../../../vault/state.ts';
import { fakeKeyring, type RunningVault, sha256, startVault, testVerifiers, tokens, vendorKeyring } from './builders.ts';

describe('healthOf', () => {
	const ready = () => ({
		...newState(),
		keyring: fakeKeyring(),
		verifiers: testVerifiers(),
		role: () => ({ role: 'primary', epoch: 7 }) as const,
	});

	it('[VLT-13] healthy', () => {
		assert.deepEqual(healthOf(ready(), 3600.5), {
			status: 'healthy',
			vault_version: '0.1.0',
			fhe_keys_loaded: true,
			uptime_seconds: 3600,
			role: 'primary',
			epoch: 7,
		});
	});
	it('[VLT-13] degraded when the newest verifiers are not in force', () => {
		assert.equal(healthOf({ ...ready(), verifiers: { ...testVerifiers(), problem: () => 'broken' } }, 0).status, 'degraded');
	});
	for (const [name, change] of [
		['draining', { isDraining: true }],
		['the audit log is broken', { isAuditBroken: true }],
	] as const) {
		it(`[VLT-13] unhealthy when ${name}`, () => assert.equal(healthOf({ ...ready(), ...change }, 0).status, 'unhealthy'));
	}
	it('[VLT-13] unhealthy without keys, as a standby of epoch 0', () => {
		const health = healthOf(newState(), 0);
		assert.deepEqual([health.status, health.fhe_keys_loaded, health.role, health.epoch], ['unhealthy', false, 'standby', 0]);
	});
});

describe('the internal listener', () => {
	let running: RunningVault;
	let directory = '';
	before(async () => {
		directory = mkdtempSync(join(tmpdir(), 'canaries-'));
		running = await startVault({ config: { canaryDirectory: directory }, keyring: await vendorKeyring() });
	});
	after(async () => {
		await running.close();
		rmSync(directory, { recursive: true });
	});
	const get = async (path: string) => {
		const response = await fetch(`${running.internal}${path}`);
		return { status: response.status, text: await response.text() };
	};

	it('[VLT-25] /livez answers without keys; /readyz needs them and ends with draining', async () => {
		const { keyring } = running.vault.state;
		assert.equal((await get('/readyz')).status, 200);
		delete running.vault.state.keyring;
		assert.deepEqual([(await get('/livez')).status, (await get('/readyz')).status], [200, 503]);
		if (keyring !== undefined) running.vault.state.keyring = keyring;
		running.vault.state.isDraining = true;
		assert.equal((await get('/readyz')).status, 503);
		assert.equal((await fetch(`${running.origin}/health`)).status, 503);
		running.vault.state.isDraining = false;
	});

	it('[VLT-25] keeps connections while it drains, and ends each with its answer when clients are led elsewhere', async () => {
		const { state } = running.vault;
		const connection = async () => (await fetch(`${running.origin}/health`)).headers.get('connection');
		state.isDraining = true;
		assert.equal(await connection(), 'keep-alive');
		state.isClosing = true;
		assert.equal(await connection(), 'close');
		Object.assign(state, { isDraining: false, isClosing: false });
	});

	it('[VLT-25] [OPR-42] /probe without a challenge says who this is, and which tokens it accepts', async () => {
		const id = (token: string) => sha256(token).slice(0, 16);
		const { current } = running.vault.state.keyring ?? fakeKeyring();
		assert.deepEqual(JSON.parse((await get('/probe')).text), {
			vault_version: '0.1.0',
			role: 'primary',
			epoch: 7,
			ready: true,
			draining: false,
			keys: { version: 1, fingerprint: current.fingerprint },
			tokens: { team: [id(tokens.team)], guest: [id(tokens.guest)], admin: [id(tokens.admin)] },
		});
	});

	it('[VLT-25] /probe answers a challenge only by decrypting: each canary and nonce has its own digest', async () => {
		const decryptor = running.vault.state.keyring?.current.decryptor;
		assert.ok(decryptor);
		const canaries = [newCanary(1024), newCanary(1024)];
		for (const [i, canary] of canaries.entries()) writeFileSync(join(directory, `${i}.bin`), canary);
		for (const [i, canary] of canaries.entries()) {
			const answer = JSON.parse((await get(`/probe?canary=${i}&nonce=00ff`)).text);
			assert.deepEqual(answer.canary, { index: i, digest: canaryDigest('00ff', canaryAnswer(canary, decryptor)) });
			assert.notEqual(JSON.parse((await get(`/probe?canary=${i}&nonce=00fe`)).text).canary.digest, answer.canary.digest);
		}
	});

	it('[VLT-25] /probe without the canary is an answer without proof; a malformed challenge 400', async () => {
		const missing = await get('/probe?canary=9&nonce=00');
		assert.deepEqual([missing.status, JSON.parse(missing.text).canary], [200, undefined]);
		for (const query of ['canary=..%2Fx&nonce=00', 'canary=0&nonce=zz', 'canary=0&nonce='])
			assert.equal((await get(`/probe?${query}`)).status, 400);
	});

	it("[VLT-24] /metrics has the seed's names, and series that start at zero", async () => {
		const { text } = await get('/metrics');
		for (const name of [
			'vault_decryption_requests_total',
			'vault_decryption_latency_seconds',
			'vault_decryption_duration_seconds',
			'vault_decryption_errors_total',
			'vault_auth_attempts_total',
			'vault_auth_failures_total',
			'vault_uptime_seconds',
			'vault_memory_usage_bytes',
			'vault_cpu_usage_percent',
			'vault_role',
			'vault_epoch',
			'vault_key_info',
			'vault_token_generation',
			'vault_inflight',
			'vault_audit_failures_total',
		]) {
			assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'), name);
		}
		for (const line of [
			'vault_decryption_requests_total{tool="decrypt_scores",status="success"} 0',
			'vault_decryption_errors_total{tool="decrypt_metadata"} 0',
			'vault_auth_failures_total{reason="unknown"} 0',
			'vault_role{role="primary"} 1',
			'vault_role{role="standby"} 0',
			'vault_epoch 7',
			'vault_token_generation{name="team"} 3',
		]) {
			assert.ok(text.includes(`${line}\n`), line);
		}
	});

	it('is read only', async () => assert.equal((await fetch(`${running.internal}/metrics`, { method: 'POST' })).status, 405));
});
