/** A bucket of any S3 server as a destination, addressed by path. An upload of one request is there whole or not at all. */
import { S3mini } from 's3mini';
import { Agent, fetch } from 'undici';
import { MAX_ARCHIVE_BYTES } from './archive.ts';
import { type Destination, isArchiveName } from './destination.ts';

export type S3Options = {
	/** Without the bucket, such as `https://s3.example.com`. */
	endpoint: string;
	bucket: string;
	/** Begins the keys; without a slash at its end. */
	prefix: string;
	region: string;
	accessKeyId: string;
	secretAccessKey: string;
	/** PEM; the system's authorities when left out. */
	ca?: string | undefined;
};

const TIMEOUT_MS = 60_000;

/** Disposing it ends the connections. */
export function s3Destination(options: S3Options): Destination & AsyncDisposable {
	const { endpoint, bucket, prefix, ca, ...credentials } = options;
	const agent = new Agent(ca === undefined ? {} : { connect: { ca } });
	const through = ((url, init) => fetch(url as string, { ...(init as object), dispatcher: agent })) as typeof globalThis.fetch;
	const client = new S3mini({
		...credentials,
		endpoint: `${endpoint.replace(/\/+$/, '')}/${bucket}`,
		requestAbortTimeout: TIMEOUT_MS,
		fetch: through,
	});
	const keyOf = (name: string) => `${prefix}/${name}`;
	return {
		async put(name, bytes) {
			await client.putObject(keyOf(name), bytes, 'application/octet-stream');
		},
		async get(name) {
			const response = await client.getObjectResponse(keyOf(name));
			if (response === null) return undefined;
			return readBounded(response);
		},
		async list() {
			const found = await client.listObjects('/', `${prefix}/`);
			if (found === null) throw Object.assign(new Error('no such bucket'), { code: 'NoSuchBucket' });
			return found.map(({ Key }) => Key.slice(prefix.length + 1)).filter(isArchiveName);
		},
		async remove(name) {
			await client.deleteObject(keyOf(name));
		},
		[Symbol.asyncDispose]: () => agent.destroy(),
	};
}

/** Whoever keeps the bucket decides how much it sends. */
async function readBounded(response: Response): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += chunk.length;
		if (size > MAX_ARCHIVE_BYTES) throw Object.assign(new Error('larger than any archive'), { code: 'EFBIG' });
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}
