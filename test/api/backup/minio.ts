/** A real S3 server on loopback, with TLS by a certificate of its own and one empty bucket. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { program } from '../../cluster/paths.ts';
import { until } from '../../install/run.ts';

export type S3Server = {
	endpoint: string;
	bucket: string;
	accessKeyId: string;
	secretAccessKey: string;
	/** PEM, by which it is to be trusted. */
	ca: string;
	/** Folder with the files accessKeyId and secretAccessKey, and the path of the PEM. */
	credentials: string;
	caFile: string;
	stop(): Promise<void>;
};

const accessKeyId = 'backup-writer';
const secretAccessKey = 'only-of-this-test';

export async function startS3(bucket: string): Promise<S3Server> {
	const directory = await mkdtemp(join(tmpdir(), 'runevault-s3-'));
	const certificates = join(directory, 'certs');
	const credentials = join(directory, 'credentials');
	// A folder of its data is a bucket.
	for (const each of [certificates, credentials, join(directory, 'data', bucket)]) await mkdir(each, { recursive: true });
	await writeFile(join(credentials, 'accessKeyId'), `${accessKeyId}\n`);
	await writeFile(join(credentials, 'secretAccessKey'), secretAccessKey);
	const caFile = join(certificates, 'public.crt');
	const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=s3'];
	const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(certificates, 'private.key'), '-out', caFile];
	await promisify(execFile)('openssl', [...made, ...files]);
	const ca = await readFile(caFile, 'utf8');

	const port = await freePort();
	const address = `127.0.0.1:${port}`;
	const flags = ['--quiet', '--address', address, '--console-address', '127.0.0.1:0', '--certs-dir', certificates];
	const env = { ...process.env, MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey, MINIO_BROWSER: 'off', HOME: directory };
	const child = spawn(program('minio'), ['server', ...flags, join(directory, 'data')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
	let said = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (said += data));
	const stop = async () => {
		const closed = once(child, 'close');
		if (child.kill('SIGKILL')) await closed;
		await rm(directory, { recursive: true, force: true });
	};
	const endpoint = `https://${address}`;
	try {
		await until('the S3 server is ready', async () => {
			if (child.exitCode !== null) throw new Error(said);
			return isLive(`${endpoint}/minio/health/live`, ca);
		});
	} catch (error) {
		await stop();
		throw error;
	}
	return { endpoint, bucket, accessKeyId, secretAccessKey, ca, credentials, caFile, stop };
}

function isLive(url: string, ca: string): Promise<boolean> {
	return new Promise((resolve, reject) => {
		get(url, { ca }, response => resolve(response.resume().statusCode === 200)).once('error', reject);
	});
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	await new Promise(resolve => server.close(resolve));
	return typeof address === 'object' && address !== null ? address.port : 0;
}
