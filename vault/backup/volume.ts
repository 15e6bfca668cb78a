/** A folder on a volume as a destination. An archive gets its name only when it is whole and on the disk. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_ARCHIVE_BYTES } from './archive.ts';
import { type Destination, isArchiveName } from './destination.ts';

/** Encrypted, and still nobody else's business. */
const FILE_MODE = 0o640;
const PART = '.part';

export function volumeDestination(directory: string): Destination {
	return {
		async put(name, bytes) {
			await mkdir(directory, { recursive: true });
			await removeLeftovers(directory, name);
			const temporary = join(directory, `.${name}.${randomBytes(4).toString('hex')}${PART}`);
			try {
				await writeDurably(temporary, bytes);
				await rename(temporary, join(directory, name));
			} catch (error) {
				await rm(temporary, { force: true });
				throw error;
			}
			await syncDirectory(directory);
		},
		async get(name) {
			const path = join(directory, name);
			const size = await stat(path).then(({ size }) => size, undefinedIfMissing);
			if (size === undefined) return undefined;
			if (size > MAX_ARCHIVE_BYTES) throw Object.assign(new Error('larger than any archive'), { code: 'EFBIG' });
			return readFile(path);
		},
		async list() {
			const names = await readdir(directory).catch(undefinedIfMissing);
			return (names ?? []).filter(isArchiveName);
		},
		async remove(name) {
			await rm(join(directory, name), { force: true });
			await syncDirectory(directory);
		},
	};
}

/** What an earlier attempt at the same archive left when it was killed. */
async function removeLeftovers(directory: string, name: string): Promise<void> {
	for (const each of await readdir(directory)) {
		if (each.startsWith(`.${name}.`) && each.endsWith(PART)) await rm(join(directory, each), { force: true });
	}
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
	await using file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, FILE_MODE);
	await file.writeFile(bytes);
	await file.sync();
}

async function syncDirectory(directory: string): Promise<void> {
	await using handle = await open(directory, constants.O_RDONLY);
	await handle.sync();
}

function undefinedIfMissing(error: unknown): undefined {
	if (Object(error).code === 'ENOENT') return undefined;
	throw error;
}
