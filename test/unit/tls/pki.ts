/** Authorities and certificates for tests, and a folder of them as the kubelet mounts a Secret. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateRequest, KeyPair } from '../../../operator/tls/certificate.ts';
import { issue } from '../../../operator/tls/issue.ts';

export const DAY_MS = 86_400_000;

export function request(change: Partial<CertificateRequest> = {}): CertificateRequest {
	const now = Date.now();
	return { commonName: 'acme', usage: 'server', names: ['localhost'], notBefore: now - 60_000, notAfter: now + DAY_MS, ...change };
}

export async function newAuthority(change: Partial<CertificateRequest> = {}): Promise<KeyPair> {
	const [made] = await issue([request({ commonName: 'acme authority', usage: 'authority', names: [], ...change })]);
	if (made === undefined) throw new Error('nothing was made');
	return made;
}

export async function signedBy(signer: KeyPair, change: Partial<CertificateRequest> = {}): Promise<KeyPair> {
	const [made] = await issue([request({ signer, ...change })]);
	if (made === undefined) throw new Error('nothing was made');
	return made;
}

export const operatorPair = (signer: KeyPair): Promise<KeyPair> =>
	signedBy(signer, { commonName: 'runevault-operator', usage: 'client', names: [] });

let swaps = 0;

/** Puts files into a folder at once, by swapping a link, and all of them as links through it. */
export function mountSecret(folder: string, files: Record<string, string>): void {
	swaps += 1;
	const name = `..version-${swaps}`;
	mkdirSync(join(folder, name), { recursive: true });
	for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
	symlinkSync(name, join(folder, '..next'));
	const isFirst = !linked.has(folder);
	renameSync(join(folder, '..next'), join(folder, '..data'));
	if (isFirst) for (const file of Object.keys(files)) symlinkSync(join('..data', file), join(folder, file));
	linked.add(folder);
}

const linked = new Set<string>();
