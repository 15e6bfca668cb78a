/** Archives in a bucket of a real S3 server: MinIO, over TLS, by the very client that the Jobs use. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fetchArchive, prune } from '../../../vault/backup/destination.ts';
import { openDestination } from '../../../vault/commands/archive-options.ts';
import { failsWith } from '../../unit/vault/backup/archives.ts';
import { type S3Server, startS3 } from './minio.ts';

const day = (number: number) => `vault_keys_backup_2026-11-${String(number).padStart(2, '0')}T030000Z-0123abcd.age`;

describe('a bucket of archives', () => {
	let server: S3Server;
	before(async () => {
		server = await startS3('backups');
	});
	after(() => server.stop());

	const options = (change: Record<string, string> = {}) => ({
		's3-endpoint': server.endpoint,
		's3-bucket': server.bucket,
		's3-prefix': 'rune/acme',
		's3-region': 'us-east-1',
		's3-credentials': server.credentials,
		's3-ca': server.caFile,
		...change,
	});

	it('[BKP-6] gives back what was put there, replaces one of the same name, and lists its own', async () => {
		await using bucket = await openDestination(options());
		assert.deepEqual(await bucket.list(), []);
		const bytes = randomBytes(100_000);
		await bucket.put(day(1), Buffer.from('one'));
		await bucket.put(day(1), bytes);
		assert.deepEqual(Buffer.from(await fetchArchive(bucket, day(1))), bytes);
		assert.deepEqual(await bucket.list(), [day(1)]);
		await using neighbour = await openDestination(options({ 's3-prefix': 'rune/acme2' }));
		await neighbour.put(day(2), bytes);
		assert.deepEqual(await bucket.list(), [day(1)]);
	});

	it('[BKP-5] [BKP-6] the oldest are removed until as many are left as are to be kept', async () => {
		await using bucket = await openDestination(options({ 's3-prefix': 'rune/pruned' }));
		for (const number of [3, 1, 4, 2]) await bucket.put(day(number), Buffer.from('x'));
		assert.deepEqual(await prune(bucket, 2, day(4)), [day(1), day(2)]);
		assert.deepEqual((await bucket.list()).sort(), [day(3), day(4)]);
	});

	it('[BKP-6] more archives than one answer lists are all listed', async () => {
		await using bucket = await openDestination(options({ 's3-prefix': 'rune/many' }));
		const name = (number: number) => `vault_keys_backup_2026-11-25T${String(number).padStart(6, '0')}Z.age`;
		for (let at = 0; at < 1010; at += 101) {
			await Promise.all(Array.from({ length: 101 }, (_, index) => bucket.put(name(at + index), Buffer.from('x'))));
		}
		assert.equal((await bucket.list()).length, 1010);
	});

	it('[BKP-6] an archive that is not there is told by name', async () => {
		await using bucket = await openDestination(options());
		await assert.rejects(fetchArchive(bucket, day(9)), failsWith('ArchiveMissing', new RegExp(`has no ${day(9)}$`)));
	});

	const failures: [string, Record<string, string>, RegExp][] = [
		['a bucket that is not there', { 's3-bucket': 'nowhere' }, /^the destination failed to take an archive: NoSuchBucket$/],
		[
			'a server that is not there',
			{ 's3-endpoint': 'https://127.0.0.1:64999' },
			/^the destination failed to take an archive: ECONNREFUSED$/,
		],
	];
	for (const [what, change, message] of failures) {
		it(`[BKP-6] ${what} is told, and nothing else`, async () => {
			await using bucket = await openDestination(options(change));
			await assert.rejects(bucket.put(day(1), Buffer.from('x')), failsWith('DestinationFailed', message));
		});
	}

	it('[BKP-6] wrong credentials are told by the reason alone, and none of them is repeated', async () => {
		await writeFile(join(server.credentials, 'secretAccessKey'), 'not-this-one');
		await using bucket = await openDestination(options());
		await writeFile(join(server.credentials, 'secretAccessKey'), server.secretAccessKey);
		await assert.rejects(bucket.list(), failsWith('DestinationFailed', /^the destination failed to list archives: SignatureDoesNotMatch$/));
	});

	it('[BKP-6] a server that nobody vouches for gets no archive', async () => {
		const { 's3-ca': _, ...untrusting } = options();
		await using bucket = await openDestination(untrusting);
		await assert.rejects(bucket.put(day(1), Buffer.from('x')), failsWith('DestinationFailed', /DEPTH_ZERO_SELF_SIGNED_CERT$/));
	});
});
