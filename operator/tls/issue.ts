/**
 * Makes keys and certificates: ECDSA on P-256, signed with SHA-256. The library for X.509 takes some 25 MB once it is loaded, and is used a
 * few times a year, so the operator runs it as a process of its own (issue-process.ts).
 */
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { CertificateRequest, Issue, KeyPair } from './certificate.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { subtle } = crypto;

type Signer = { subject: string; key: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey };

export const issue: Issue = async requests => {
	const made: (KeyPair & { signer: Signer })[] = [];
	for (const request of requests) {
		const { signer } = request;
		const given = typeof signer === 'object' ? await loadSigner(signer) : signer === undefined ? undefined : made[signer]?.signer;
		made.push(await issueOne(request, given));
	}
	return made.map(({ cert, key }) => ({ cert, key }));
};

async function issueOne(request: CertificateRequest, signer: Signer | undefined): Promise<KeyPair & { signer: Signer }> {
	const { privateKey, publicKey } = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
	const subject = `CN=${request.commonName}`;
	const own: Signer = { subject, key: privateKey, publicKey };
	const by = signer ?? own;
	const certificate = await x509.X509CertificateGenerator.create({
		subject,
		issuer: by.subject,
		notBefore: new Date(request.notBefore),
		notAfter: new Date(request.notAfter),
		publicKey,
		signingKey: by.key,
		signingAlgorithm: ALGORITHM,
		extensions: [
			...usageOf(request),
			await x509.SubjectKeyIdentifierExtension.create(publicKey),
			await x509.AuthorityKeyIdentifierExtension.create(by.publicKey),
		],
	});
	const key = Buffer.from(await subtle.exportKey('pkcs8', privateKey)).toString('base64');
	const lines = key.match(/.{1,64}/g) ?? [];
	return {
		cert: `${certificate.toString('pem')}\n`,
		key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
		signer: own,
	};
}

function usageOf({ usage, names }: CertificateRequest): x509.Extension[] {
	if (usage === 'authority') {
		const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
		return [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(keyCertSign | cRLSign, true)];
	}
	const purpose = usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
	const alternatives = names.map(value => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const);
	return [
		new x509.BasicConstraintsExtension(false, undefined, true),
		new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
		new x509.ExtendedKeyUsageExtension([purpose]),
		...(alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]),
	];
}

async function loadSigner({ cert, key }: KeyPair): Promise<Signer> {
	const certificate = new x509.X509Certificate(cert);
	const pkcs8 = Buffer.from(key.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
	return {
		subject: certificate.subject,
		key: await subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']),
		publicKey: await certificate.publicKey.export(ALGORITHM, ['verify']),
	};
}
