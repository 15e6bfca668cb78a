/** What certificates are made from, and what can be read off them. Pure. */
import { createPrivateKey, X509Certificate } from 'node:crypto';

/** Both PEM; the key PKCS #8. */
export type KeyPair = { cert: string; key: string };

export type CertificateRequest = {
	commonName: string;
	usage: 'authority' | 'server' | 'client';
	/** Of a server: host names and IP addresses. */
	names: readonly string[];
	/** Milliseconds since 1970. */
	notBefore: number;
	notAfter: number;
	/** Who signs: a pair, or the one made for an earlier request of the same call; itself when left out. */
	signer?: KeyPair | number;
};

/** Makes a key and a certificate for each request, in order. */
export type Issue = (requests: readonly CertificateRequest[]) => Promise<KeyPair[]>;

/** No certificate could be made. The message says nothing of keys. */
export class IssueError extends Error {
	override readonly name = 'IssueError';
}

/** What a certificate says, and whether the key beside it is its own. */
export type CertificateFacts = {
	/** SHA-256 in hex. */
	fingerprint: string;
	commonName: string;
	names: readonly string[];
	/** Milliseconds since 1970. */
	notBefore: number;
	notAfter: number;
};

/** @returns undefined when it is no certificate, or has another key. */
export function factsOf({ cert, key }: Partial<KeyPair>): CertificateFacts | undefined {
	const parsed = parse(cert);
	if (parsed === undefined || key === undefined) return undefined;
	try {
		if (!parsed.checkPrivateKey(createPrivateKey(key))) return undefined;
	} catch {
		return undefined;
	}
	return {
		fingerprint: fingerprintOf(parsed),
		commonName: /^CN=(.*)$/m.exec(parsed.subject)?.[1] ?? '',
		names: (parsed.subjectAltName ?? '').split(', ').flatMap(name => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []),
		notBefore: parsed.validFromDate.getTime(),
		notAfter: parsed.validToDate.getTime(),
	};
}

/** Whether the authority with this certificate signed the other one. */
export function isSignedBy(cert: string, authority: string): boolean {
	const [leaf, signer] = [parse(cert), parse(authority)];
	return leaf !== undefined && signer !== undefined && leaf.checkIssued(signer) && leaf.verify(signer.publicKey);
}

/** When two thirds of a certificate's life are over: time enough is left to find out why no other one comes. */
export const renewalOf = ({ notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>): number =>
	notBefore + (2 / 3) * (notAfter - notBefore);

/** The certificates of a PEM bundle, one text each. */
export const splitBundle = (bundle: string): string[] =>
	(bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(pem => `${pem}\n`);

export const expiryOf = (cert: string): number => parse(cert)?.validToDate.getTime() ?? 0;

function parse(cert: string | undefined): X509Certificate | undefined {
	if (cert === undefined) return undefined;
	try {
		return new X509Certificate(cert);
	} catch {
		return undefined;
	}
}

const fingerprintOf = (cert: X509Certificate): string => cert.fingerprint256.replaceAll(':', '').toLowerCase();
