import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { Applier } from '../../../operator/reconcile/apply.ts';
import type { Note } from '../../../operator/reconcile/notes.ts';
import { factsOf, type Issue, isSignedBy, splitBundle } from '../../../operator/tls/certificate.ts';
import { issue } from '../../../operator/tls/issue.ts';
import { issueInProcess } from '../../../operator/tls/issue-process.ts';
import { CertificateKeeper } from '../../../operator/tls/keeper.ts';
import { DAY_MS, newAuthority, request, signedBy } from '../tls/pki.ts';
import { NOW, vault } from './builders.ts';
import { FakeApi } from './fake-api.ts';

const CA = 'rune/secrets/acme-ca';
const TLS = 'rune/secrets/acme-tls';
const YEAR = 365 * DAY_MS;

describe('the certificates of a vault', () => {
	let api: FakeApi;
	let applier: Applier;
	let keeper: CertificateKeeper;
	let notes: Note[];
	let issued: number;
	const counted: Issue = requests => {
		issued += requests.length;
		return issue(requests);
	};
	const restart = () => {
		api.sync();
		applier = new Applier({ transport: api, find: api.find, now: () => 0 });
		keeper = new CertificateKeeper({ transport: api, applier, issue: counted, version: '0.1.0', clusterDomain: 'cluster.local' });
	};
	const ensure = async (after = 0, of = vault()) => {
		const kept = await keeper.ensure(of, { now: NOW + after, note: note => void notes.push(note) });
		api.sync();
		assert.equal(kept.problem, undefined);
		return kept;
	};
	const text = (key: string, field: string) => Buffer.from(Object(api.objects.get(key)?.data)[field] ?? '', 'base64').toString();
	const cert = () => text(TLS, 'tls.crt');
	const bundle = () => splitBundle(text(TLS, 'ca.crt'));
	const remove = (name: string) => {
		api.objects.delete(`rune/secrets/${name}`);
		applier.forget({ kind: 'Secret', namespace: 'rune', name });
	};
	const edit = (key: string, field: string, to: string) =>
		api.edit(key, object => ({ ...object, data: { ...Object(object.data), [field]: Buffer.from(to).toString('base64') } }));

	beforeEach(() => {
		api = new FakeApi();
		[notes, issued] = [[], 0];
		restart();
	});

	it('[OPR-70] are an authority, a certificate for every name of the Services and pods, and one for the operator', async () => {
		const { credentials } = await ensure();
		const [authority = '', ...others] = bundle();
		assert.deepEqual(others, []);
		assert.ok(new X509Certificate(authority).ca);
		assert.ok(isSignedBy(cert(), authority));
		assert.ok(isSignedBy(credentials?.cert ?? '', authority));
		assert.deepEqual(factsOf({ cert: cert(), key: text(TLS, 'tls.key') })?.names, [
			...['acme', 'acme.rune', 'acme.rune.svc', 'acme.rune.svc.cluster.local'],
			...['*.acme-pods.rune.svc', '*.acme-pods.rune.svc.cluster.local', 'localhost', '127.0.0.1'],
		]);
		assert.equal(factsOf(credentials ?? {})?.commonName, 'runevault-operator');
		assert.equal(credentials?.ca, text(TLS, 'ca.crt'));
		assert.deepEqual(Object.keys(Object(api.objects.get(TLS)?.data)), ['tls.crt', 'tls.key', 'ca.crt']);
		assert.deepEqual([issued, api.writes.length], [3, 2]);
	});

	it('[OPR-70] are made once, whoever leads and however far the cache lags', async () => {
		const lagging = new Applier({ transport: api, find: () => undefined, now: () => 0 });
		const blind = new CertificateKeeper({
			transport: api,
			applier: lagging,
			issue: counted,
			version: '0.1.0',
			clusterDomain: 'cluster.local',
		});
		for (const _ of [1, 2]) await blind.ensure(vault(), { now: NOW, note: () => undefined });
		const before = [cert(), text(CA, 'ca.key')];
		restart();
		await ensure();
		const versions = [...api.objects.values()].map(({ metadata }) => metadata.resourceVersion);
		const writes = api.writes.length;
		await ensure();
		assert.equal(api.writes.length, writes, 'nothing is written at rest');
		assert.deepEqual([cert(), text(CA, 'ca.key'), issued], [...before, 3]);
		assert.deepEqual(
			[...api.objects.values()].map(({ metadata }) => metadata.resourceVersion),
			versions,
		);
	});

	it('[OPR-71] renews at two thirds of their life, under the same authority', async () => {
		await ensure();
		const [first, [authority = '']] = [cert(), bundle()];
		await ensure(59 * DAY_MS);
		assert.equal(cert(), first);
		const { credentials } = await ensure(61 * DAY_MS);
		assert.notEqual(cert(), first);
		assert.ok(isSignedBy(cert(), authority) && isSignedBy(credentials?.cert ?? '', authority));
		assert.deepEqual(bundle(), [authority]);
		assert.equal(issued, 5);
	});

	it('[OPR-72] trusts the next authority for 30 days before it signs, and the former one until it expires', async () => {
		await ensure();
		const [old = ''] = bundle();
		const at = (2 / 3) * 10 * YEAR + DAY_MS;
		await ensure(at);
		const [still, next = ''] = bundle();
		assert.deepEqual([still, bundle().length], [old, 2]);
		assert.ok(isSignedBy(cert(), old));
		await ensure(at + 29 * DAY_MS);
		assert.ok(isSignedBy(cert(), old));
		restart();
		const { credentials } = await ensure(at + 31 * DAY_MS);
		assert.deepEqual(bundle(), [next, old]);
		assert.ok(isSignedBy(cert(), next) && isSignedBy(credentials?.cert ?? '', next));
		await ensure(10 * YEAR + 2 * DAY_MS);
		assert.deepEqual(bundle(), [next]);
		assert.deepEqual(
			notes.filter(({ reason }) => reason === 'AuthorityChanged').map(({ message }) => message),
			[
				'The authority of the certificates was made.',
				'The next authority of the certificates is trusted from now on, and signs in 30 days.',
				'The next authority of the certificates signs from now on.',
			],
		);
	});

	it('[OPR-72] makes an authority anew when its time ran out unattended', async () => {
		await ensure();
		const [old = ''] = bundle();
		await ensure(11 * YEAR);
		assert.notEqual(bundle()[0], old);
		assert.ok(isSignedBy(cert(), bundle()[0] ?? ''));
	});

	const damages: [string, () => Promise<void> | void, { sameAuthority: boolean; sameCertificate: boolean }][] = [
		['a deleted certificate', () => remove('acme-tls'), { sameAuthority: true, sameCertificate: false }],
		['a deleted authority', () => remove('acme-ca'), { sameAuthority: false, sameCertificate: false }],
		['an edited bundle', () => edit(TLS, 'ca.crt', 'x'), { sameAuthority: true, sameCertificate: true }],
		['a key of another', () => edit(TLS, 'tls.key', text(CA, 'ca.key')), { sameAuthority: true, sameCertificate: false }],
		['no certificate', () => edit(TLS, 'tls.crt', 'x'), { sameAuthority: true, sameCertificate: false }],
		[
			'a certificate of another authority',
			async () => {
				const pair = await signedBy(await newAuthority(), { names: factsOf({ cert: cert(), key: text(TLS, 'tls.key') })?.names ?? [] });
				edit(TLS, 'tls.crt', pair.cert);
				edit(TLS, 'tls.key', pair.key);
			},
			{ sameAuthority: true, sameCertificate: false },
		],
		["an authority's key of another", () => edit(CA, 'ca.key', text(TLS, 'tls.key')), { sameAuthority: false, sameCertificate: false }],
		["a broken operator's certificate", () => edit(CA, 'client.crt', 'x'), { sameAuthority: false, sameCertificate: false }],
	];
	for (const [name, damage, { sameAuthority, sameCertificate }] of damages) {
		it(`[OPR-73] are whole again after ${name}`, async () => {
			await ensure();
			const [authority, first] = [bundle()[0], cert()];
			await damage();
			api.sync();
			const { credentials } = await ensure();
			assert.equal(bundle()[0] === authority, sameAuthority);
			assert.equal(cert() === first, sameCertificate);
			assert.ok(factsOf({ cert: cert(), key: text(TLS, 'tls.key') }));
			assert.ok(isSignedBy(cert(), bundle()[0] ?? '') && isSignedBy(credentials?.cert ?? '', bundle()[0] ?? ''));
			assert.equal(credentials?.ca, text(TLS, 'ca.crt'));
		});
	}

	it('[OPR-74] are issued anew when the host of the Ingress changes', async () => {
		await ensure();
		const first = cert();
		await ensure(0, vault({ ingress: { state: 'Enabled', host: 'vault.example.com' } }));
		assert.notEqual(cert(), first);
		assert.ok(new X509Certificate(cert()).checkHost('vault.example.com'));
	});

	it('[OPR-75] keep their keys in the Secrets: not in annotations, events or errors', async () => {
		await ensure();
		const keys = [text(CA, 'ca.key'), text(CA, 'client.key'), text(TLS, 'tls.key')].map(key => key.split('\n')[1] ?? '');
		const told = JSON.stringify([notes, [...api.objects.values()].map(({ metadata }) => metadata)]);
		for (const key of keys) assert.ok(key.length > 40 && !told.includes(key));
		assert.ok(!JSON.stringify(Object(api.objects.get(TLS)?.data)).includes(Object(api.objects.get(CA)?.data)['ca.key']));
	});

	it('[OPR-20] of one of our names that are not ours are left alone and named', async () => {
		const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'acme-tls', namespace: 'rune' }, data: {} };
		api.objects.set(TLS, foreign);
		api.sync();
		const { problem, credentials } = await keeper.ensure(vault(), { now: NOW, note: () => undefined });
		assert.deepEqual([problem?.reason, problem?.name], ['NameTaken', 'acme-tls']);
		assert.ok(credentials, 'pods that run are asked on');
		assert.equal(api.objects.get(TLS), foreign);
	});
});

describe('the certificates of a vault whose name was used before', () => {
	it('[OPR-20] wait for those of the former one to go, and nothing is told of them before', async () => {
		const api = new FakeApi();
		const ownerReferences = [{ apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', name: 'acme', uid: 'former', controller: true }];
		api.objects.set(CA, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'acme-ca', namespace: 'rune', uid: 'u', ownerReferences } });
		api.sync();
		const applier = new Applier({ transport: api, find: api.find, now: () => 0 });
		const keeper = new CertificateKeeper({ transport: api, applier, issue, version: '0.1.0', clusterDomain: 'cluster.local' });
		const notes: Note[] = [];
		const ensure = () => keeper.ensure(vault(), { now: NOW, note: note => void notes.push(note) });
		assert.deepEqual(await ensure(), { credentials: undefined, mounted: undefined, problem: undefined });
		assert.deepEqual(notes, []);
		api.sync();
		assert.ok((await ensure()).credentials);
		assert.equal(notes.filter(({ reason }) => reason === 'AuthorityChanged').length, 1);
	});
});

describe('the process that makes certificates', () => {
	it('[OPR-83] answers with pairs in order, signed by each other as asked', async () => {
		const [authority, server] = await issueInProcess([
			request({ commonName: 'authority', usage: 'authority', names: [] }),
			request({ names: ['a.example', '127.0.0.1'], signer: 0 }),
		]);
		assert.ok(authority && server && isSignedBy(server.cert, authority.cert));
		assert.deepEqual(factsOf(server)?.names, ['a.example', '127.0.0.1']);
	});

	it('[OPR-83] tells nothing of a key when it fails', async () => {
		const { key } = await newAuthority();
		const error = await issueInProcess([request({ signer: { cert: 'x', key } })]).catch(cause => cause);
		assert.deepEqual([error.name, error.message], ['IssueError', 'the process that makes certificates ended with code 1']);
		assert.equal((await issueInProcess([request({ usage: 'authority', names: [] })])).length, 1, 'the next one is served');
	});
});
