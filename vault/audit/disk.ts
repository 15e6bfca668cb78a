/** The few things the audit log asks of a file system, as an effect: a test makes each of them fail. */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, statfs } from 'node:fs/promises';

export type AuditFile = {
	size(): Promise<number>;
	/** As many bytes as there are from there on, and not more than asked for. */
	read(position: number, length: number): Promise<Buffer>;
	/** All of the bytes, or an error. */
	write(bytes: Buffer, position: number): Promise<void>;
	/** Returns when what was written, and the size, would survive a loss of power. */
	sync(): Promise<void>;
	truncate(size: number): Promise<void>;
	close(): Promise<void>;
};

export type Disk = {
	list(directory: string): Promise<string[]>;
	/** A file that is not there is made, empty. */
	open(path: string): Promise<AuditFile>;
	/** Makes the names of new files as safe as `sync` makes their content. */
	syncDirectory(directory: string): Promise<void>;
	freeBytes(directory: string): Promise<number>;
};

/** The owner writes; the volume's group, under which people read it, reads. */
const MODE = 0o640;

export const realDisk: Disk = {
	list: directory => readdir(directory),
	open: async path => fileOf(await open(path, constants.O_RDWR | constants.O_CREAT, MODE)),
	async syncDirectory(directory) {
		await using handle = await open(directory, constants.O_RDONLY);
		await handle.sync();
	},
	async freeBytes(directory) {
		const { bavail, bsize } = await statfs(directory);
		return bavail * bsize;
	},
};

function fileOf(handle: FileHandle): AuditFile {
	return {
		size: async () => (await handle.stat()).size,
		async read(position, length) {
			const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
			return buffer.subarray(0, bytesRead);
		},
		async write(bytes, position) {
			for (let done = 0; done < bytes.length; ) {
				const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
				if (bytesWritten === 0) throw new Error('the file takes no more bytes');
				done += bytesWritten;
			}
		},
		// Not fsync: times are not needed to read a record back, and the size, which is, goes with the data.
		sync: () => handle.datasync(),
		truncate: size => handle.truncate(size),
		close: () => handle.close(),
	};
}
