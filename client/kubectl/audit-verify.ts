/** `audit verify`: reads files or standard input, needs no cluster. */
import { beginFile, endFile, firstFault, newReading, type Options, type Reading, renderReading, takeLine } from './audit-report.ts';
import { CommandError } from './refusals.ts';

export type AuditQuestion = Options & { files: readonly string[] };

export type Reader = {
	/** The bytes of a file, `-` for standard input. */
	read: (file: string) => AsyncIterable<Uint8Array>;
	print: (line: string) => void;
};

const NEWLINE = 10;
/** Far more than a record. */
const MAX_LINE_BYTES = 1024 * 1024;

/** @throws CommandError when a file cannot be read, or what was read is not a whole chain. */
export async function verifyAudit({ read, print }: Reader, { files, ...options }: AuditQuestion): Promise<void> {
	let reading = newReading;
	for (const file of files) reading = await takeFile(beginFile(reading, file === '-' ? '(standard input)' : file), read(file), options);
	for (const line of renderReading(reading)) print(line);
	const fault = firstFault(reading, options);
	if (fault !== undefined) throw new CommandError(fault);
}

async function takeFile(begun: Reading, chunks: AsyncIterable<Uint8Array>, options: Options): Promise<Reading> {
	let reading = begun;
	const name = begun.files.at(-1)?.file ?? '';
	let rest: Uint8Array = new Uint8Array();
	try {
		for await (const chunk of chunks) {
			let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
			for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
				reading = takeLine(reading, bytes.subarray(0, end), options);
				bytes = bytes.subarray(end + 1);
			}
			rest = bytes;
			if (rest.length > MAX_LINE_BYTES) throw new CommandError(`${name}: a line is longer than any audit record`);
		}
	} catch (cause) {
		if (cause instanceof CommandError) throw cause;
		throw new CommandError(`cannot read ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
	}
	return endFile(reading, rest.length);
}
