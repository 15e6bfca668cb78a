/** ArgoCD's scripts for a RuneVault, run by ArgoCD's own program on objects whose status the operator's own code computed. Needs no cluster. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { KubeObject } from '../../../kube/resources.ts';
import { computeStatus } from '../../../operator/observe/status.ts';
import { argoCdCustomizations, runScript } from '../../install/argocd.ts';
import * as given from '../../unit/operator/builders.ts';

/** A RuneVault as the API server would give it when all that is so. */
function objectWith(modifiers: given.Modifier[], annotations: Record<string, string> = {}): Record<string, unknown> {
	const facts = given.facts(...modifiers);
	const { vault } = facts;
	return { ...vault, metadata: { ...vault.metadata, annotations }, status: computeStatus(facts) };
}

describe("ArgoCD's scripts for a RuneVault", { concurrency: 2 }, () => {
	let customizations: KubeObject;
	before(async () => {
		customizations = await argoCdCustomizations();
	});
	const healthOf = async (object: unknown) => {
		const said = await runScript(customizations, object, 'health');
		const [, status, message] = /^STATUS: (\w+)\nMESSAGE: (.*)$/m.exec(said) ?? [];
		return { status, message };
	};
	const actionsOf = async (object: unknown) => {
		const said = await runScript(customizations, object, 'list-actions');
		return [...said.matchAll(/^(\S+)\s+false$/gm)].map(([, name]) => name);
	};

	const refused: given.Modifier = before => ({
		...before,
		problems: [{ kind: 'Service', name: 'acme', reason: 'ApplyFailed', message: 'forbidden' }],
	});
	const lacking: given.Modifier = before => ({
		...before,
		missingRefs: [{ path: 'spec.tls.secret.secretName', kind: 'Secret', name: 'own' }],
	});
	const cases: [string, given.Modifier[], string, RegExp][] = [
		['one that serves', [], 'Healthy', /^Serving: acme-0/],
		['an invalid spec', [given.invalid('spec.tls.type', 'no')], 'Degraded', /^Invalid: spec\.tls\.type: no/],
		['a lost key', [given.withKeys({ stage: 'missing', what: 'key' })], 'Degraded', /^KeysMissing: /],
		['an object that is refused', [refused], 'Degraded', /^ApplyFailed: Service acme/],
		['a Secret that is still to come', [lacking], 'Progressing', /^SecretNotFound: /],
		[
			'a key that is being made',
			[given.withKeys({ stage: 'generate', fingerprint: undefined, isFailed: false })],
			'Progressing',
			/^GeneratingKeys: /,
		],
		['a token that is being rotated', [given.withToken({ generation: 0 })], 'Progressing', /^RotatingTokens: /],
		['no primary for a moment', [given.withoutLease()], 'Progressing', /^(PrimaryNotAvailable|FailingOver): /],
	];
	for (const [name, modifiers, status, message] of cases) {
		it(`[GIT-1] ${name}: ${status}`, async () => {
			const health = await healthOf(objectWith(modifiers));
			assert.equal(health.status, status, health.message);
			assert.match(health.message ?? '', message);
		});
	}

	it('[GIT-1] what the operator has not answered to yet is Progressing, and what it was told to leave alone Suspended', async () => {
		const serving = objectWith([]);
		const { status: _none, ...fresh } = serving;
		assert.equal((await healthOf(fresh)).status, 'Progressing');
		const edited = { ...serving, metadata: { ...Object(serving.metadata), generation: 5 } };
		assert.equal((await healthOf(edited)).status, 'Progressing');
		assert.equal((await healthOf(objectWith([], { 'runevault.io/paused': 'reconcile' }))).status, 'Suspended');
		assert.equal((await healthOf(objectWith([], { 'runevault.io/paused': 'failover' }))).status, 'Healthy');
	});

	it('[GIT-2] the actions are those that make sense', async () => {
		assert.deepEqual(await actionsOf(objectWith([])), ['pause', 'pause-failover', 'promote-next']);
		assert.deepEqual(await actionsOf(objectWith([], { 'runevault.io/paused': 'failover' })), ['resume']);
		assert.deepEqual(await actionsOf(objectWith([given.withoutPods()])), ['pause', 'pause-failover']);
	});

	it('[GIT-2] the actions write what kubectl runevault would', async () => {
		const serving = objectWith([]);
		assert.match(await runScript(customizations, serving, 'run-action', 'promote-next'), /^[+>]\s+targetPrimary: acme-1$/m);
		assert.match(await runScript(customizations, serving, 'run-action', 'pause'), /^[+>]\s+runevault\.io\/paused: reconcile$/m);
		assert.match(await runScript(customizations, serving, 'run-action', 'pause-failover'), /^[+>]\s+runevault\.io\/paused: failover$/m);
		const paused = objectWith([], { 'runevault.io/paused': 'failover' });
		assert.match(await runScript(customizations, paused, 'run-action', 'resume'), /^[-<]\s+runevault\.io\/paused: failover$/m);
	});
});
