/** Where archives are kept: a folder or a bucket, of which this is all a backup asks. */
import { BackupError } from './backup-error.ts';

export type Destination = {
	/** Puts it there whole or not at all; one of the same name is replaced. */
	put(name: string, bytes: Uint8Array): Promise<void>;
	/** Undefined when there is none. */
	get(name: string): Promise<Uint8Array | undefined>;
	/** Names of archives and of nothing else, in any order. */
	list(): Promise<string[]>;
	remove(name: string): Promise<void>;
};

/** The date is the seed's; the time and the first digits of the backup's uid tell two of one day apart. */
const ARCHIVE_NAME = /^vault_keys_backup_\d{4}-\d{2}-\d{2}(T\d{6}Z)?(-[0-9a-f]{8})?\.age$/;

export const isArchiveName = (name: string): boolean => ARCHIVE_NAME.test(name);

/** Reads an archive that must be there. @throws BackupError `ArchiveMissing` */
export async function fetchArchive(destination: Destination, name: string): Promise<Uint8Array> {
	const bytes = await destination.get(name);
	if (bytes === undefined) throw new BackupError('ArchiveMissing', `the destination has no ${name}`);
	return bytes;
}

/**
 * Removes the oldest archives until `retain` are left. Never `kept`, whatever the names say.
 * @returns the names that were removed
 */
export async function prune(destination: Destination, retain: number, kept: string): Promise<string[]> {
	const others = (await destination.list()).filter(name => name !== kept).sort();
	const old = others.slice(0, Math.max(0, others.length - (retain - 1)));
	for (const name of old) await destination.remove(name);
	return old;
}

/** The same, with every failure told as one of the destination. */
export function guarded(destination: Destination): Destination {
	const guard =
		<A extends unknown[], T>(what: string, act: (...args: A) => Promise<T>) =>
		async (...args: A): Promise<T> => {
			try {
				return await act(...args);
			} catch (cause) {
				throw new BackupError('DestinationFailed', `the destination failed to ${what}: ${reasonOf(cause)}`, { cause });
			}
		};
	return {
		put: guard('take an archive', destination.put),
		get: guard('give an archive', destination.get),
		list: guard('list archives', destination.list),
		remove: guard('remove an archive', destination.remove),
	};
}

/** A code such as ENOSPC, ECONNREFUSED or AccessDenied: a message may hold a URL or a header. */
function reasonOf(error: unknown): string {
	for (let each: unknown = error; each instanceof Error; each = each.cause) {
		const code = Object(each).serviceCode ?? Object(each).code;
		if (typeof code === 'string' && /^[A-Za-z_]{1,64}$/.test(code)) return code;
	}
	return 'unknown reason';
}
