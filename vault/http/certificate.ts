/**
 * The certificate of a listener: `tls.crt` and `tls.key` in a folder, and `ca.crt` where clients show one too. Files that do not belong
 * together leave the last good ones in force and are reported as a problem.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { VaultError } from '../../fhe/errors.ts';
import { followFiles, type Reading } from '../follow-files.ts';

export type CertificateFiles = {
	/** PEM, with its chain. */
	cert: string;
	key: string;
	/** PEM: whose certificates clients may show; absent where they show none. */
	ca?: string;
};

/** What may be told of a certificate. */
export type CertificateFacts = { serial: string; expiresAt: Date };

export type Certificate = {
	files(): CertificateFiles;
	facts(): CertificateFacts;
	/** Why the newest files are not in force, if they are not. Names files, never content. */
	problem(): string | undefined;
	close(): void;
};

type Options = {
	/** Whether `ca.crt` is read as well. */
	hasClients: boolean;
	pollMs?: number;
	/** With the problem, or without one when new files are in force. */
	onChange: (problem: string | undefined) => void;
};

/**
 * Reads the files of a folder and follows their changes until closed.
 * @throws VaultError `invalid_argument` when the first reading fails.
 */
export function watchCertificate(directory: string, { hasClients, pollMs, onChange }: Options): Certificate {
	const followed = followFiles(directory, {
		...{ first: readCertificate(directory, hasClients), isSame, pollMs, onChange },
		read: () => attempt(directory, hasClients),
	});
	return { files: () => followed.value().files, facts: () => followed.value().facts, problem: followed.problem, close: followed.close };
}

type Readable = { files: CertificateFiles; facts: CertificateFacts };

const isSame = ({ files: a }: Readable, { files: b }: Readable) => a.cert === b.cert && a.key === b.key && a.ca === b.ca;

function attempt(directory: string, hasClients: boolean): Reading<Readable> {
	try {
		return { value: readCertificate(directory, hasClients) };
	} catch (error) {
		if (error instanceof VaultError) return { problem: error.message };
		throw error;
	}
}

/**
 * Reads the files, and checks that they belong together and that TLS takes them.
 * @throws VaultError `invalid_argument` that names the file.
 */
function readCertificate(directory: string, hasClients: boolean): Readable {
	// All files of one folder, also while the kubelet swaps it for another.
	const folder = dirname(follow(join(directory, 'tls.crt')));
	const cert = read(join(folder, 'tls.crt'));
	const key = read(join(folder, 'tls.key'));
	const files = { cert, key, ...(hasClients ? { ca: read(join(folder, 'ca.crt')) } : {}) };
	const parsed = parse(cert, directory);
	try {
		createSecureContext(files);
	} catch {
		throw refusal(`${directory}: tls.key is not the key of tls.crt, or a file is not PEM`);
	}
	return { files, facts: { serial: parsed.serialNumber, expiresAt: parsed.validToDate } };
}

function parse(cert: string, directory: string): X509Certificate {
	try {
		return new X509Certificate(cert);
	} catch {
		throw refusal(`${directory}: tls.crt is not a certificate in PEM`);
	}
}

function follow(file: string): string {
	try {
		return realpathSync(file);
	} catch {
		throw refusal(`${file} cannot be read`);
	}
}

function read(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		throw refusal(`${file} cannot be read`);
	}
}

const refusal = (what: string) => new VaultError('invalid_argument', `unusable certificate: ${what}`, { field: 'tls' });
