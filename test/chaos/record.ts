/** Reports as files. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** @returns undefined when there is none. @throws ZodError for a file of another form */
export async function readRecord<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
	const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return undefined;
		throw error;
	});
	return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

/** Replaces the file whole, so that an interrupt leaves the old or the new one. */
export async function writeRecord(file: string, report: object): Promise<void> {
	await mkdir(dirname(file), { recursive: true });
	await writeFile(`${file}.new`, `${JSON.stringify(report, null, 2)}\n`);
	await rename(`${file}.new`, file);
}
