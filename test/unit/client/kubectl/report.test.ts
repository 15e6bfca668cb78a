import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { redact, redactText } from '../../../../client/kubectl/report/redact.ts';
import { makeToken } from '../../../../operator/reconcile/token-text.ts';
import type { Received } from '../../kube/api-stub.ts';
import { anEvent, aPod, aVault } from './builders.ts';
import { kubectl, type World } from './fake-cluster.ts';

const token = makeToken('acme', randomBytes);
const key = randomBytes(32);
const SECRETS = {
	'a token': token,
	'a token of a team with a short name': makeToken('a', randomBytes),
	'a bearer header': 'Authorization: Bearer opaque-text-of-another-kind',
	'a key in hex': key.toString('hex'),
	'a key in base64': key.toString('base64'),
	'a blob': randomBytes(300).toString('base64'),
	'a blob for URLs': randomBytes(300).toString('base64url'),
	'the digest of a token': createHash('sha256').update(token).digest('hex'),
	'a private key': `-----BEGIN PRIVATE KEY-----\n${key.toString('base64').slice(0, 30)}\n-----END PRIVATE KEY-----`,
};
const secretPart = (text: string) => text.replace('Authorization: Bearer ', '');

describe('kubectl runevault report: what is taken out', () => {
	for (const [what, text] of Object.entries(SECRETS)) {
		it(`[CLI-45] ${what}`, () => {
			assert.ok(!redactText(`before ${text} after`).includes(secretPart(text)));
			assert.match(redactText(`before ${text} after`), /^before .*\(redacted\) after$/s);
			assert.ok(!JSON.stringify(redact({ a: [{ [text]: text }] })).includes(secretPart(text)));
		});
	}

	for (const text of [
		`sha256:${'0a'.repeat(32)}`,
		`registry.example/runevault@sha256:${'0a'.repeat(32)}`,
		'a-name-of-kubernetes-that-is-as-long-as-such-names-may-be-0123456789',
		'/var/lib/kubelet/pods/volumes/and/so/on/without/any/point/in/it',
		'8d5f3b0e-1c1e-4b6f-9d55-1f6a2b3c4d5e',
		'The annotation runevault.io/paused stops the operator: nothing is written or put back.',
	]) {
		it(`but not ${text}`, () => assert.equal(redactText(text), text));
	}
});

describe('kubectl runevault report', () => {
	const log = [
		JSON.stringify({ level: 'info', msg: 'listening' }),
		JSON.stringify({ seq: 1, prev: '0'.repeat(64), user_id: 'alice' }),
		...Object.values(SECRETS),
	].join('\n');
	const secretTable = {
		kind: 'Table',
		columnDefinitions: [{ name: 'Name' }, { name: 'Type' }, { name: 'Data' }],
		rows: [
			{
				cells: ['acme-token-team', 'Opaque', 2],
				object: {
					metadata: {
						name: 'acme-token-team',
						annotations: { 'runevault.io/generation': '3', 'runevault.io/token-sha256': SECRETS['the digest of a token'] },
						managedFields: [{ fieldsV1: { 'f:data': { '.': {}, 'f:token': {}, 'f:endpoint': {} } } }],
					},
				},
			},
		],
	};
	const canaries = {
		metadata: { name: 'acme-canaries', namespace: 'rune' },
		data: { 'config.json': '{"team":"acme"}', 'answers.json': 'abc' },
		binaryData: { '0.bin': SECRETS['a blob'] },
	};
	const answer = (request: Received) => {
		const { pathname, searchParams } = new URL(request.url, 'http://api');
		if (pathname.endsWith('/log')) return searchParams.has('previous') ? ([200, 'before'] as const) : ([200, log] as const);
		if (pathname === '/version') return [200, { gitVersion: 'v1.99.0' }] as const;
		if (pathname.endsWith('/secrets')) return request.accept?.includes('as=Table') ? ([200, secretTable] as const) : ([500, {}] as const);
		if (pathname.endsWith('/jobs'))
			return [403, { kind: 'Status', code: 403, reason: 'Forbidden', message: 'you may not list jobs' }] as const;
		if (/\/(pods|events|runevaults)/.test(pathname)) return undefined;
		return [200, { metadata: {}, items: pathname.endsWith('/configmaps') ? [canaries] : [] }] as const;
	};
	const pod = aPod('acme-0');
	Object.assign(pod.status ?? {}, { containerStatuses: [{ name: 'vault', restartCount: 1 }] });
	const poisoned = aVault({}, { annotations: { note: token, 'kubectl.kubernetes.io/last-applied-configuration': '{}' } });
	const world: World = { vaults: [poisoned], pods: [pod], events: [anEvent(`said ${token}`)], others: answer };

	it('[CLI-45] holds no token, key, digest or blob, wherever it came from', async () => {
		const { code, out, received } = await kubectl(['report', 'acme'], world);
		assert.equal(code, 0);
		for (const [what, text] of Object.entries(SECRETS)) assert.ok(!out.includes(secretPart(text)), what);
		assert.ok(!out.includes('alice'), 'audit records are left out');
		for (const { url, accept } of received.filter(each => each.url.includes('secrets'))) assert.match(accept ?? '', /as=Table/, url);
	});

	it('[CLI-45] is one YAML document that says what it holds and what could not be read', async () => {
		const { out, err } = await kubectl(['report', 'acme'], world);
		const report = parse(out);
		assert.equal(report.about.apiServer.gitVersion, 'v1.99.0');
		assert.equal(report.runevault.status.primary.pod, 'acme-0');
		assert.deepEqual(report.secrets, [
			{
				metadata: { name: 'acme-token-team', annotations: { 'runevault.io/generation': '3' } },
				type: 'Opaque',
				keys: ['endpoint', 'token'],
			},
		]);
		assert.deepEqual(report.objects[0].data, {
			'config.json': '{"team":"acme"}',
			'answers.json': '(3 characters)',
			'0.bin': '(400 characters)',
		});
		assert.match(report.logs['acme-0/vault'], /listening[\s\S]*\(1 audit records are left out\)$/);
		assert.equal(report.logs['acme-0/vault before its last restart'], 'before');
		assert.deepEqual(report.about.notRead, ['jobs: you may not list jobs']);
		assert.equal(err, 'not read: jobs: you may not list jobs\n');
	});
});
