/** Certificates on a real API server: the operator's own, somebody else's, and those of cert-manager, whose part the test plays. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { create, patchMerge, remove } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { isSignedBy, splitBundle } from '../../../operator/tls/certificate.ts';
import { until } from '../../install/run.ts';
import { certificates, installCertManagerCrds, issuers } from './cert-manager.ts';
import type { FakeNode } from './fake-node.ts';
import { applyVault, conditionOf, patchVault, readVault, untilCondition } from './fixture.ts';
import { HEAL_MS, Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

const textOf = (secret: KubeObject | undefined, key: string) => Buffer.from(Object(secret?.data)[key] ?? '', 'base64').toString();
const secret = (namespace: string, name: string) =>
	create(stage.world.admin, resources.secrets, {
		apiVersion: 'v1',
		kind: 'Secret',
		type: 'kubernetes.io/tls',
		metadata: { namespace, name },
		data: { 'tls.crt': 'eA==', 'tls.key': 'eQ==' },
	});
const mountOf = async (node: FakeNode) => (await node.read(resources.pods, 'acme-0'))?.metadata.annotations?.['runevault.io/verifiers'];

describe('certificates', { concurrency: 3 }, () => {
	it('[OPR-70] [OPR-78] [OPR-82] are made with the vault, shown to its pods, and told to those who hold tokens', async () => {
		const { vault, node } = await stage.servingVault('own');
		const tls = await node.read(resources.secrets, 'acme-tls');
		assert.equal(tls?.type, 'kubernetes.io/tls');
		const ca = textOf(tls, 'ca.crt');
		assert.ok(isSignedBy(textOf(tls, 'tls.crt'), ca));
		const token = await node.read(resources.secrets, 'acme-token-team');
		assert.equal(textOf(token, 'ca.crt'), ca);
		assert.equal(textOf(token, 'endpoint'), 'https://acme.own.svc:8443/mcp');
		assert.equal((await readVault(stage.world, vault)).status?.endpoint, 'https://acme.own.svc:8443/mcp');
		for (const name of ['acme-0', 'acme-1', 'acme-2']) {
			const channel = node.channels.get(name);
			assert.equal(channel?.serverName, `${name}.acme-pods.own.svc`);
			assert.ok(channel?.credentials !== undefined && isSignedBy(channel.credentials.cert, ca));
		}
	});

	it('[OPR-8] [OPR-84] are back within two seconds, and pods and those who hold tokens learn of them', async () => {
		const { node } = await stage.servingVault('lost');
		const [before, mount] = [await node.read(resources.secrets, 'acme-tls'), await mountOf(node)];
		const started = performance.now();
		await remove(stage.world.admin, resources.secrets, { namespace: 'lost', name: 'acme-ca' });
		const fresh = await until('another authority', async () => {
			const found = await node.read(resources.secrets, 'acme-tls');
			return textOf(found, 'ca.crt') !== textOf(before, 'ca.crt') && found;
		});
		assert.ok(performance.now() - started < HEAL_MS);
		await until('the authority in the Secret of the token', async () => {
			const token = await node.read(resources.secrets, 'acme-token-team');
			return textOf(token, 'ca.crt') === textOf(fresh, 'ca.crt');
		});
		await until('the kubelet told to fetch it', async () => (await mountOf(node)) !== mount);
		await until(
			'the new authority behind the questions',
			async () => node.channels.get('acme-0')?.credentials?.ca === textOf(fresh, 'ca.crt'),
		);
	});

	it('[OPR-82] pods of a template from before certificates are asked plainly until they are replaced', async () => {
		const { vault, node } = await stage.servingVault('older');
		const patch = { metadata: { annotations: { 'runevault.io/internal': null } } };
		await patchMerge(stage.world.admin, resources.pods, { namespace: 'older', name: 'acme-1' }, patch);
		await until('a plain question', async () => node.channels.has('acme-1') && node.channels.get('acme-1') === undefined);
		assert.ok(node.channels.get('acme-0'));
		assert.equal((await conditionOf(stage.world, vault, 'Ready'))?.status, 'True');
	});

	it('[OPR-77] [OPR-80] of type Secret: a missing one is named, and nothing is told to those who hold tokens', async () => {
		const { vault, node } = await stage.newVault('brought', { tls: { type: 'Secret', secret: { secretName: 'own' } } });
		await node.keygen();
		const refs = await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'SecretNotFound');
		assert.equal(refs.message, 'spec.tls.secret.secretName: there is no Secret own.');
		await secret('brought', 'own');
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'True', 'Resolved', 30_000);
		const token = await node.read(resources.secrets, 'acme-token-team');
		assert.deepEqual([textOf(token, 'ca.crt'), textOf(token, 'endpoint')], ['', 'https://acme.brought.svc:8443/mcp']);
		const set = await until('the StatefulSet', () => node.read(resources.statefulSets, 'acme'));
		assert.match(JSON.stringify(set.spec), /"secretName":"own"/);
		assert.ok(splitBundle(textOf(await node.read(resources.secrets, 'acme-tls'), 'ca.crt')).length === 1, 'the internal port has its own');
	});

	it('[OPR-79] Disabled needs an annotation, and gives an endpoint of plain HTTP', async () => {
		const { vault } = await stage.newVault('plain', { tls: { type: 'Disabled' } });
		const accepted = await untilCondition(stage.world, vault, 'Accepted', 'False', 'Invalid');
		assert.match(accepted.message, /^spec\.tls\.type: Disabled needs the annotation runevault\.io\/allow-plaintext: "true"/);
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/allow-plaintext': 'true' } } });
		await untilCondition(stage.world, vault, 'Accepted', 'True');
		const { status } = await readVault(stage.world, vault);
		assert.equal(status?.endpoint, 'http://acme.plain.svc:8443/mcp');
	});

	it('[OPR-79] a type without its block, or a block without its type, is refused by the API server with its field', async () => {
		await stage.place('refused');
		const vault = { namespace: 'refused', name: 'acme' };
		for (const [tls, path] of [
			[{ type: 'Secret' }, /spec\.tls\.secret/],
			[{ secret: { secretName: 'own' } }, /spec\.tls\.secret/],
			[{ type: 'CertManager' }, /spec\.tls\.certManager/],
			[{ type: 'Plain' }, /spec\.tls\.type/],
		] as const) {
			await assert.rejects(applyVault(stage.world, vault, { tls }), path);
		}
	});

	it('[OPR-80] [OPR-81] of cert-manager, by its own CRDs: from an unknown kind to a Secret, and gone with the type', async () => {
		const tls = { type: 'CertManager', certManager: { issuerRef: { name: 'team' } } };
		const { vault, node } = await stage.newVault('managed', { tls });
		await node.keygen();
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'CertManagerNotFound');
		await installCertManagerCrds(stage.world);
		// The operator asks twice a minute for kinds of others.
		const refs = await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'IssuerNotFound', 60_000);
		assert.equal(refs.message, 'spec.tls.certManager.issuerRef: there is no Issuer team.');
		const issuer = {
			apiVersion: 'cert-manager.io/v1',
			kind: 'Issuer',
			metadata: { namespace: 'managed', name: 'team' },
			spec: { selfSigned: {} },
		};
		await create(stage.world.admin, issuers, issuer);
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'False', 'SecretNotFound', 30_000);
		const certificate = await node.read(certificates, 'acme-public-tls');
		const { secretName, dnsNames, issuerRef } = Object(certificate?.spec);
		assert.deepEqual([secretName, issuerRef], ['acme-public-tls', { name: 'team', kind: 'Issuer', group: 'cert-manager.io' }]);
		assert.ok(dnsNames.includes('acme.managed.svc'));
		await secret('managed', secretName);
		await untilCondition(stage.world, vault, 'ResolvedRefs', 'True', 'Resolved', 30_000);
		await remove(stage.world.admin, certificates, { namespace: 'managed', name: 'acme-public-tls' });
		await until('the Certificate back', () => node.read(certificates, 'acme-public-tls'));
		await patchVault(stage.world, vault, { spec: { tls: { type: 'SelfSigned', certManager: null } } });
		await until('the Certificate gone', async () => (await node.read(certificates, 'acme-public-tls')) === undefined);
		assert.ok(await node.read(resources.secrets, secretName), "what cert-manager made is not the operator's to remove");
	});
});
