/** The archive as bytes: what goes in comes out, for its recipients and nobody else, or one clear error. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { Encrypter } from 'age-encryption';
import fc from 'fast-check';
import { createTar, parseTar } from 'nanotar';
import { VaultError } from '../../../../fhe/errors.ts';
import { openArchive, readTar, writeArchive } from '../../../../vault/backup/archive.ts';
import { sha256 } from '../../../../vault/backup/manifest.ts';
import { description, failsWith, type Holder, newHolder, someParts } from './archives.ts';

describe('an archive', () => {
	let alice: Holder;
	let bob: Holder;
	let archive: Uint8Array;
	before(async () => {
		[alice, bob] = await Promise.all([newHolder(), newHolder()]);
		archive = await writeArchive(description(), someParts(), [alice.recipient, bob.recipient]);
	});

	it('[BKP-1] opens with the identity of each recipient, to what went in', async () => {
		for (const { identity } of [alice, bob]) {
			using opened = await openArchive(archive, identity);
			assert.deepEqual(
				[...opened.parts].map(([name, bytes]) => [name, Buffer.from(bytes)]),
				[...someParts()],
			);
			const { format, parts, ...said } = opened.manifest;
			assert.deepEqual({ format, ...said }, { format: 1, ...description() });
			assert.deepEqual(parts[0], { name: 'kek', bytes: 32, sha256: sha256(Buffer.alloc(32, 1)) });
		}
	});

	it('[BKP-1] is a tar inside, as the standard tool reads it', async () => {
		const tar = createTar([...someParts()].map(([name, data]) => ({ name, data })));
		const listed = spawnSync('tar', ['-t'], { input: tar });
		assert.equal(listed.stderr.toString(), '');
		assert.deepEqual(listed.stdout.toString().trim().split('\n'), [...someParts().keys()]);
	});

	it('[BKP-1] nothing of it is left in memory once it is disposed', async () => {
		const opened = await openArchive(archive, alice.identity);
		const kek = opened.parts.get('kek');
		opened[Symbol.dispose]();
		assert.deepEqual(Buffer.from(kek ?? []), Buffer.alloc(32));
	});

	it('[BKP-2] is not opened by another identity', async () => {
		const { identity } = await newHolder();
		await assert.rejects(openArchive(archive, identity), failsWith('IdentityWrong', /not encrypted for this identity/));
	});

	it('[BKP-2] what is no identity is not quoted in the error', async () => {
		const broken = `${alice.identity.slice(0, -1)}${alice.identity.endsWith('Q') ? 'P' : 'Q'}`;
		await assert.rejects(openArchive(archive, broken), error => {
			assert.ok(!JSON.stringify(error, ['message', 'stack', 'cause']).includes(alice.identity.slice(20, 40)));
			return failsWith('IdentityInvalid', /AGE-SECRET-KEY-1…/)(error);
		});
	});

	it('[BKP-2] cut short anywhere, it is refused', async () => {
		for (const length of [0, 10, 22, 100, 250, archive.length - 1]) {
			const cut = archive.subarray(0, length);
			await assert.rejects(openArchive(cut, alice.identity), /cut short/, `${length} bytes`);
			const expected = { bytes: archive.length, sha256: sha256(archive) };
			const says = failsWith('ArchiveTruncated', new RegExp(`^the archive is cut short: ${length} of ${archive.length} bytes are there$`));
			await assert.rejects(openArchive(cut, alice.identity, expected), says);
		}
	});

	it('[BKP-2] one bit flipped anywhere, it is refused', async () => {
		for (let at = 0; at < archive.length; at += 97) {
			const flipped = Uint8Array.from(archive);
			flipped[at] = (flipped[at] ?? 0) ^ 1;
			await assert.rejects(openArchive(flipped, alice.identity), { name: 'VaultError' }, `byte ${at}`);
		}
	});

	it('[BKP-2] another archive than the one noted is refused', async () => {
		const other = await writeArchive(description(), someParts(), [alice.recipient]);
		const expected = { bytes: other.length - 1, sha256: sha256(archive) };
		await assert.rejects(openArchive(other, alice.identity, expected), failsWith('ArchiveDamaged', /its SHA-256 differs/));
	});

	it('[BKP-2] what is no age file is refused', async () => {
		await assert.rejects(openArchive(Buffer.from('PK\u0003\u0004'), alice.identity), failsWith('ArchiveDamaged', /no age file/));
	});

	it('[BKP-12] a recipient that is none is refused by its place', async () => {
		const writing = writeArchive(description(), someParts(), [alice.recipient, alice.recipient.replace(/.$/, '1')]);
		await assert.rejects(writing, failsWith('RecipientInvalid', /^recipient 2 is not/));
	});
});

describe('what an archive holds', () => {
	type Edit = (files: Map<string, Uint8Array>) => void;
	async function edited(edit: Edit): Promise<Uint8Array<ArrayBuffer>> {
		const holder = await newHolder();
		using opened = await openArchive(await writeArchive(description(), someParts(), [holder.recipient]), holder.identity);
		const files = new Map<string, Uint8Array>([
			['manifest.json', Buffer.from(JSON.stringify(opened.manifest))],
			...[...opened.parts].map(([name, bytes]) => [name, Uint8Array.from(bytes)] as const),
		]);
		edit(files);
		return Uint8Array.from(createTar([...files].map(([name, data]) => ({ name, data }))));
	}
	const manifest =
		(change: object): Edit =>
		files => {
			const before: object = JSON.parse(Buffer.from(files.get('manifest.json') ?? []).toString());
			files.set('manifest.json', Buffer.from(JSON.stringify({ ...before, ...change })));
		};

	const cases: [string, Edit, Parameters<typeof failsWith>][] = [
		['a part is altered', files => files.set('kek', Buffer.alloc(32, 9)), ['ArchiveDamaged', /^kek of the archive is damaged/]],
		['a part is shorter', files => files.set('kek', Buffer.alloc(31, 1)), ['ArchiveDamaged', /^kek of the archive is damaged/]],
		['a part is gone', files => files.delete('tokens/team.json'), ['ArchiveDamaged', /^tokens\/team\.json of the archive is missing/]],
		['the manifest is gone', files => files.delete('manifest.json'), ['ArchiveDamaged', /^manifest\.json of the archive is missing/]],
		['the manifest is no JSON', files => files.set('manifest.json', Buffer.from('x')), ['ArchiveDamaged', /is not JSON/]],
		['the manifest lacks a field', manifest({ team: 7 }), ['ArchiveDamaged', /^manifest\.json of the archive has no valid team$/]],
		['the format is newer', manifest({ format: 2, parts: 'other' }), ['ArchiveNewer', /format 2, and this program reads formats up to 1/]],
	];
	for (const [name, edit, expected] of cases) {
		it(`[BKP-2] ${name}: refused by name`, async () => {
			const tar = await edited(edit);
			assert.throws(() => readTar(tar), failsWith(...expected));
		});
	}

	it('[BKP-2] an age file of something else is refused', async () => {
		const { identity, recipient } = await newHolder();
		const encrypter = new Encrypter();
		encrypter.addRecipient(recipient);
		await assert.rejects(openArchive(await encrypter.encrypt('a letter'), identity), failsWith('ArchiveDamaged', /manifest\.json/));
	});

	it('[BKP-2] a part that no manifest lists is not taken', async () => {
		using archive = readTar(await edited(files => files.set('extra', Buffer.from('x'))));
		assert.equal(archive.parts.has('extra'), false);
		assert.ok(parseTar(await edited(() => undefined)).length > 0);
	});

	it('[BKP-3] any change of any bytes of it gives an archive or a VaultError', async () => {
		const tar = await edited(() => undefined);
		const change = fc.tuple(fc.nat(tar.length - 1), fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.nat(tar.length));
		fc.assert(
			fc.property(change, ([at, bytes, length]) => {
				const changed = Uint8Array.from(tar);
				changed.set(bytes.subarray(0, changed.length - at), at);
				try {
					readTar(Uint8Array.from(changed.subarray(0, length))).manifest.format satisfies number;
				} catch (error) {
					assert.ok(error instanceof VaultError, String(error));
				}
			}),
			{ numRuns: 500 },
		);
	});
});
