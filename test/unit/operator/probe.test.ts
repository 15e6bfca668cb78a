/** The operator's questions to pods over real TLS on loopback. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { TLSSocket } from 'node:tls';
import { askAt } from '../../../operator/observe/probe.ts';
import type { KeyPair } from '../../../operator/tls/certificate.ts';
import { newAuthority, operatorPair, signedBy } from '../tls/pki.ts';
import { reply } from './builders.ts';

const POD = 'acme-0.acme-pods.rune.svc';
const question = { canary: 0, nonce: 'ab' };

describe('a question to a pod', () => {
	let authority: KeyPair;
	let operator: KeyPair;
	let tls: Server;
	let plain: Server;
	const seen: { url: string | undefined; host: string | undefined; shown: unknown }[] = [];
	const answer: RequestListener = ({ socket, url, headers }, response) => {
		const shown = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject.CN : undefined;
		seen.push({ url, host: headers.host, shown });
		response.end(JSON.stringify(reply()));
	};
	const listening = async <S extends Server>(server: S): Promise<S> => {
		await once(server.listen(0, '127.0.0.1'), 'listening');
		return server;
	};
	const ask = (server: Server, channel?: Parameters<typeof askAt>[4]) =>
		askAt('127.0.0.1', (server.address() as AddressInfo).port, question, AbortSignal.timeout(20_000), channel);

	before(async () => {
		authority = await newAuthority();
		operator = await operatorPair(authority);
		const pair = await signedBy(authority, { names: ['*.acme-pods.rune.svc'] });
		const options = { ...pair, ca: authority.cert, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' } as const;
		tls = await listening(createServer(options, answer));
		plain = await listening(createPlainServer(answer));
	});
	after(() => {
		tls.close();
		plain.close();
	});

	it("[OPR-76] shows the operator's certificate, and knows the pod by its name and the vault's authority", async () => {
		const channel = { serverName: POD, credentials: { ...operator, ca: authority.cert } };
		assert.equal((await ask(tls, channel)).vault_version, 'test');
		assert.deepEqual(seen.at(-1), { url: '/probe?canary=0&nonce=ab', host: POD, shown: 'runevault-operator' });
	});

	it('[OPR-76] fails with a pod of another name or authority, and without a certificate to show', async () => {
		const before = seen.length;
		const credentials = { ...operator, ca: authority.cert };
		await assert.rejects(ask(tls, { serverName: 'other.beta-pods.rune.svc', credentials }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
		const stranger = { ...operator, ca: (await newAuthority()).cert };
		await assert.rejects(ask(tls, { serverName: POD, credentials: stranger }), /self-signed certificate|unable to verify/);
		await assert.rejects(ask(tls, { serverName: POD, credentials: undefined }), /no certificate to show/);
		assert.equal(seen.length, before, 'nothing was asked');
	});

	it('[OPR-82] goes over plain HTTP to a pod that has no certificate yet', async () => {
		await ask(plain);
		assert.equal(seen.at(-1)?.shown, undefined);
	});
});
