/** A pod with certificates, as a child process: what it shows, whom it admits, and how it takes new ones. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { podHost, serverNames } from '../../../operator/desired/certificate-names.ts';
import { askAt, judge } from '../../../operator/observe/probe.ts';
import type { KeyPair } from '../../../operator/tls/certificate.ts';
import { vault as checkedVault } from '../operator/builders.ts';
import { mountSecret, newAuthority, operatorPair, signedBy } from '../tls/pki.ts';
import { tokens } from './builders.ts';
import { configMaps, finished, PodHome } from './pod-home.ts';

const acme = checkedVault();

describe('a pod with certificates', () => {
	let home: PodHome;
	let authority: KeyPair;
	let operator: KeyPair;
	const mount = (folder: 'internal' | 'public', { cert, key }: KeyPair, ca = authority.cert) =>
		mountSecret(home.file(folder), { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca });
	const configure = () => {
		const tls = { internal: home.file('internal'), public: home.file('public') };
		writeFileSync(home.file('config.json'), JSON.stringify({ ...JSON.parse(home.config), tls }));
	};

	before(async () => {
		home = await PodHome.create();
		assert.equal(await finished(home.run('keygen')), 0);
		authority = await newAuthority();
		operator = await operatorPair(authority);
	});
	beforeEach(async () => {
		home.prepare();
		configure();
		mount('internal', await signedBy(authority));
		mount('public', await signedBy(authority));
	});
	afterEach(() => home.killAll());
	after(() => home.close());

	/** Starts the pod. */
	async function serve() {
		const pod = home.run('serve');
		const { publicPort, internalPort } = await home.log(pod, 'listening');
		return { pod, publicPort: Number(publicPort), internalPort: Number(internalPort) };
	}
	/** @throws what the handshake fails with */
	async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
		const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.cert, ...options });
		await once(socket, 'secureConnect');
		return socket;
	}
	async function serialAt(port: number): Promise<string> {
		const socket = await handshake(port);
		const { serialNumber } = socket.getPeerCertificate();
		socket.destroy();
		return serialNumber;
	}
	async function get(port: number, path: string, pair?: KeyPair, agent: Agent | false = false) {
		const headers = { authorization: `Bearer ${tokens.team}` };
		const options = { host: '127.0.0.1', servername: 'localhost', ca: authority.cert, agent, headers, ...pair };
		const sent = request({ ...options, port, path }).end();
		const [response] = await once(sent, 'response');
		const { statusCode: status, socket } = response;
		return { status, socket, body: await text(response) };
	}

	it('[VLT-100] speaks TLS 1.3 on both ports, and nothing older or plainer', async () => {
		const { publicPort, internalPort } = await serve();
		for (const port of [publicPort, internalPort]) {
			const socket = await handshake(port);
			assert.equal(socket.getProtocol(), 'TLSv1.3');
			socket.destroy();
			await assert.rejects(handshake(port, { maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
			await assert.rejects(handshake(port, { ca: (await newAuthority()).cert }), /self-signed certificate|unable to verify/);
			await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
		}
	});

	it("[VLT-101] answers /probe to the operator's certificate alone; the kubelet and Prometheus need none", async () => {
		const { internalPort, publicPort } = await serve();
		const others = {
			nobody: undefined,
			'a pod, with its own certificate': await signedBy(authority, { commonName: 'runevault-operator' }),
			'somebody else of the same authority': await signedBy(authority, { commonName: 'other', usage: 'client', names: [] }),
			'an operator of another authority': await operatorPair(await newAuthority()),
		};
		for (const [who, pair] of Object.entries(others)) {
			const { status, body } = await get(internalPort, '/probe?canary=0&nonce=ab', pair);
			assert.equal(status, 403, who);
			assert.deepEqual(JSON.parse(body), { error: "the operator's client certificate is needed" });
		}
		const { status, body } = await get(internalPort, '/probe?canary=0&nonce=ab', operator);
		assert.deepEqual([status, JSON.parse(body).canary.index], [200, 0]);
		// A machine under load may say 503: the question is who may ask.
		for (const path of ['/livez', '/readyz', '/metrics']) assert.notEqual((await get(internalPort, path)).status, 403, path);
		assert.equal((await get(publicPort, '/probe?canary=0&nonce=ab', operator)).status, 404);
	});

	it("[VLT-101] [OPR-76] proves itself to the operator's own question, by the names the operator gives it", async () => {
		mount('internal', await signedBy(authority, { names: serverNames(acme, 'cluster.local') }));
		const { internalPort } = await serve();
		const question = { canary: 1, nonce: 'abcd' };
		const channel = { serverName: podHost(acme, 'acme-0'), credentials: { ...operator, ca: authority.cert } };
		const reply = await askAt('127.0.0.1', internalPort, question, AbortSignal.timeout(20_000), channel);
		const answers = JSON.parse(Object(home.api.objects.get(`${configMaps}/acme-canaries`)?.data)['answers.json']);
		assert.equal(judge(reply, question, answers['1'], undefined), 'proved');
	});

	it('[VLT-102] shows new certificates from the next connection on, and keeps the ones that are open', async () => {
		const { pod, publicPort, internalPort } = await serve();
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const { socket } = await get(publicPort, '/health', undefined, agent);
		for (const [folder, port] of [
			['public', publicPort],
			['internal', internalPort],
		] as const) {
			const next = await signedBy(authority);
			const adopted = home.log(pod, 'certificate adopted');
			mount(folder, next);
			const { serial, listener } = await adopted;
			assert.deepEqual([listener, serial], [folder, new X509Certificate(next.cert).serialNumber]);
			assert.equal(await serialAt(port), serial);
		}
		const again = await get(publicPort, '/health', undefined, agent);
		assert.equal(again.status, 200);
		assert.ok(again.socket === socket, 'over the same connection');
		agent.destroy();
	});

	it("[VLT-102] trusts the operator's new authority when it comes, and the old one no more", async () => {
		const { pod, internalPort } = await serve();
		const next = await newAuthority();
		const adopted = home.log(pod, 'certificate adopted');
		mount('internal', await signedBy(authority), next.cert);
		await adopted;
		assert.equal((await get(internalPort, '/probe', operator)).status, 403);
		assert.equal((await get(internalPort, '/probe', await operatorPair(next))).status, 200);
	});

	it('[VLT-103] keeps the last good certificate when the new files do not belong together, and says so without a key', async () => {
		const { pod, publicPort } = await serve();
		const before = await serialAt(publicPort);
		const [one, two] = [await signedBy(authority), await signedBy(authority)];
		const broken = home.log(pod, 'the new certificate is broken; the last good one stays in force');
		mount('public', { cert: one.cert, key: two.key });
		const line = await broken;
		assert.equal(line.problem, `unusable certificate: ${home.file('public')}: tls.key is not the key of tls.crt, or a file is not PEM`);
		assert.doesNotMatch(JSON.stringify(line), /BEGIN/);
		assert.equal(await serialAt(publicPort), before);
		const adopted = home.log(pod, 'certificate adopted');
		mount('public', two);
		await adopted;
		assert.equal(await serialAt(publicPort), new X509Certificate(two.cert).serialNumber);
	});

	const damages: [string, () => Promise<void>, RegExp][] = [
		['no certificate', async () => configureMissing(), /^vault serve: unusable certificate: .*missing\/tls\.crt cannot be read$/],
		[
			'a key of another certificate',
			async () => mount('public', { cert: (await signedBy(authority)).cert, key: (await signedBy(authority)).key }),
			/^vault serve: unusable certificate: .*public: tls\.key is not the key of tls\.crt, or a file is not PEM$/,
		],
		[
			'no PEM',
			async () => mount('internal', { cert: 'x', key: 'y' }),
			/^vault serve: unusable certificate: .*internal: tls\.crt is not a certificate in PEM$/,
		],
	];
	const configureMissing = () => {
		const tls = { internal: home.file('missing') };
		writeFileSync(home.file('config.json'), JSON.stringify({ ...JSON.parse(home.config), tls }));
	};
	for (const [name, damage, message] of damages) {
		it(`[VLT-103] does not start with ${name}: exit 1 and one line`, async () => {
			await damage();
			const pod = home.run('serve');
			let stderr = '';
			pod.stderr?.on('data', data => (stderr += data));
			assert.equal(await finished(pod), 1);
			assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', message);
		});
	}

	it('[VLT-104] tells how long each certificate is valid', async () => {
		const { internalPort } = await serve();
		const { body } = await get(internalPort, '/metrics');
		for (const listener of ['public', 'internal']) {
			const seconds = Number(new RegExp(`^vault_certificate_expiry_seconds\\{listener="${listener}"\\} (\\S+)$`, 'm').exec(body)?.[1]);
			assert.ok(seconds > 86_000 && seconds <= 86_400, `${listener}: ${seconds}`);
		}
	});

	it('[VLT-105] with a certificate on the internal port alone, clients speak plain HTTP', async () => {
		const tls = { internal: home.file('internal') };
		writeFileSync(join(home.directory, 'config.json'), JSON.stringify({ ...JSON.parse(home.config), tls }));
		const { publicPort, internalPort } = await serve();
		assert.equal((await fetch(`http://127.0.0.1:${publicPort}/health`)).status, 200);
		assert.equal((await get(internalPort, '/probe', operator)).status, 200);
	});
});
