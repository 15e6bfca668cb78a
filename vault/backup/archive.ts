/**
 * The archive: one age file with one tar inside, so that whoever holds an identity can open it with the standard tools and without us:
 * `age -d -i key.txt vault_keys_backup_….age | tar -x`.
 *
 * age says that nobody has changed the file since it was encrypted, not who encrypted it: recipients are public. The fingerprint tells
 * whether the key in it is the one that is expected.
 */
import { Decrypter, Encrypter, type Identity } from 'age-encryption';
import { createTar, parseTar } from 'nanotar';
import { VaultError } from '../../fhe/errors.ts';
import { BackupError } from './backup-error.ts';
import { type Description, damaged, FORMAT, MANIFEST, type Manifest, parseManifest, sha256 } from './manifest.ts';

/** Far more than any archive has, and little enough to be held in memory. */
export const MAX_ARCHIVE_BYTES = 16 * 1024 * 1024;

const AGE_MAGIC = 'age-encryption.org/v1\n';
/** The last line of an age header: its authentication code. */
const HEADER_END = /\n--- [A-Za-z0-9+/]{43}\n/;
/** Only the owner reads what somebody unpacks. */
const TAR_ATTRIBUTES = { mode: '600', uid: 0, gid: 0 };

export type Parts = ReadonlyMap<string, Uint8Array>;

/** What was in an archive. Disposing it wipes all parts. */
export type Archive = Disposable & { manifest: Manifest; parts: Parts };

/**
 * Encrypts the parts for the recipients.
 * @throws BackupError `RecipientInvalid`
 */
export async function writeArchive(description: Description, parts: Parts, recipients: readonly string[]): Promise<Uint8Array> {
	const encrypter = new Encrypter();
	for (const [index, recipient] of recipients.entries()) addRecipient(encrypter, recipient, index);
	const listed = [...parts].map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) }));
	const manifest: Manifest = { format: FORMAT, ...description, parts: listed };
	const mtime = Date.parse(description.createdAt);
	const files = [[MANIFEST, Buffer.from(JSON.stringify(manifest, undefined, 2))] as const, ...parts];
	const tar = createTar(
		files.map(([name, data]) => ({ name, data })),
		{ attrs: { ...TAR_ATTRIBUTES, mtime } },
	);
	try {
		return await encrypter.encrypt(tar);
	} finally {
		tar.fill(0);
	}
}

function addRecipient(encrypter: Encrypter, recipient: string, index: number): void {
	try {
		if (!recipient.startsWith('age1')) throw new TypeError('no recipient');
		encrypter.addRecipient(recipient);
	} catch (cause) {
		throw new BackupError('RecipientInvalid', `recipient ${index + 1} is not an age recipient (age1…)`, { cause });
	}
}

/** What was noted of an archive when it was written. */
export type Expected = { bytes: number; sha256: string };

/**
 * Decrypts an archive and checks each part.
 * @param identity AGE-SECRET-KEY-1…
 * @throws BackupError `IdentityInvalid`, `IdentityWrong`, `ArchiveTruncated`, `ArchiveDamaged` (naming the part), `ArchiveNewer`
 */
export async function openArchive(bytes: Uint8Array, identity: string, expected?: Expected): Promise<Archive> {
	checkWhole(bytes, expected);
	const tar = await decrypt(bytes, identity);
	try {
		return readTar(tar);
	} catch (error) {
		tar.fill(0);
		throw error;
	}
}

function checkWhole(bytes: Uint8Array, expected: Expected | undefined): void {
	if (bytes.length > MAX_ARCHIVE_BYTES) throw new BackupError('ArchiveDamaged', `an archive has at most ${MAX_ARCHIVE_BYTES} bytes`);
	const begin = Buffer.from(bytes.subarray(0, AGE_MAGIC.length)).toString('latin1');
	if (!AGE_MAGIC.startsWith(begin)) throw new BackupError('ArchiveDamaged', 'this is no age file');
	if (expected === undefined) return;
	if (bytes.length < expected.bytes) {
		throw new BackupError('ArchiveTruncated', `the archive is cut short: ${bytes.length} of ${expected.bytes} bytes are there`);
	}
	if (sha256(bytes) !== expected.sha256)
		throw new BackupError('ArchiveDamaged', 'the archive is not the one that was written: its SHA-256 differs');
}

/**
 * The identities are asked in order, so two that know nothing, before and after the real one, tell how far it came: whether the header
 * could be read, and whether the identity is one of the recipients'.
 */
async function decrypt(bytes: Uint8Array, identity: string): Promise<Uint8Array<ArrayBuffer>> {
	const decrypter = new Decrypter();
	let asked = 0;
	const witness: Identity = {
		unwrapFileKey() {
			asked += 1;
			return null;
		},
	};
	decrypter.addIdentity(witness);
	try {
		decrypter.addIdentity(identity.trim());
	} catch {
		// Its own message would quote the identity.
		throw new BackupError('IdentityInvalid', 'the identity is not one of age (AGE-SECRET-KEY-1…)');
	}
	decrypter.addIdentity(witness);
	try {
		const plain = await decrypter.decrypt(bytes);
		// A copy that has its buffer for itself: the tar's reader looks at the whole buffer.
		const tar = Uint8Array.from(plain);
		plain.fill(0);
		return tar;
	} catch (cause) {
		if (asked === 2) throw new BackupError('IdentityWrong', 'the archive was not encrypted for this identity', { cause });
		if (asked === 0) throw unreadableHeader(bytes, cause);
		throw new BackupError('ArchiveDamaged', 'the archive is damaged or cut short: its content does not decrypt', { cause });
	}
}

function unreadableHeader(bytes: Uint8Array, cause: unknown): BackupError {
	const isCut = !HEADER_END.test(Buffer.from(bytes).toString('latin1'));
	return isCut
		? new BackupError('ArchiveTruncated', 'the archive is cut short: its header does not end', { cause })
		: new BackupError('ArchiveDamaged', 'the archive is damaged: its header cannot be read', { cause });
}

/** Takes over the bytes: the parts are views of them. */
export function readTar(tar: Uint8Array<ArrayBuffer>): Archive {
	const files = filesOf(tar);
	const text = files.get(MANIFEST);
	if (text === undefined) throw damaged(MANIFEST, 'is missing');
	const manifest = parseManifest(Buffer.from(text).toString('utf8'));
	const parts = new Map<string, Uint8Array>();
	for (const { name, bytes, sha256: digest } of manifest.parts) {
		const part = files.get(name);
		if (part === undefined) throw damaged(name, 'is missing');
		if (part.length !== bytes || sha256(part) !== digest) throw damaged(name, 'is damaged: its SHA-256 differs');
		parts.set(name, part);
	}
	return { manifest, parts, [Symbol.dispose]: () => tar.fill(0) };
}

/** The library trusts the sizes in the headers and throws whatever comes of it. */
function filesOf(tar: Uint8Array<ArrayBuffer>): Map<string, Uint8Array> {
	try {
		return new Map(parseTar(tar).map(({ name, data = new Uint8Array() }) => [name, data]));
	} catch (cause) {
		if (cause instanceof VaultError) throw cause;
		throw new BackupError('ArchiveDamaged', 'what the archive holds is not a tar', { cause });
	}
}
