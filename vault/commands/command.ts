/** What a command is, and how it reads its options. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { VaultError } from '../../fhe/errors.ts';

export type Command = {
	help: string;
	/** Returns the exit code. @throws VaultError, UsageError */
	run(args: string[]): Promise<number>;
};

/** The command line itself is wrong: exit code 2. The message is one line that names the option. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** Strict: an option that does not exist, or a value too many, is an error. */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: string[], options: T) {
	try {
		return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		// Node adds advice after the first sentence.
		throw new UsageError(error.message.split(/\. |\n/, 1)[0] ?? error.message);
	}
}

/** A whole number within bounds, or a `UsageError` that names the option. */
export function integerOption(name: string, text: string, min: number, max: number): number {
	const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= min && value <= max)) throw new UsageError(`${name} must be a whole number from ${min} to ${max}`);
	return value;
}

/** An environment variable that must be set; `why` ends the line that says it is not. */
export function requiredEnv(name: string, why: string): string {
	const value = process.env[name];
	if (value === undefined || value === '') throw new VaultError('invalid_argument', `${name} is not set: ${why}`, { field: name });
	return value;
}

/** Resolves at the first signal that asks the process to stop. */
export function stopSignal(): Promise<void> {
	return new Promise(resolve => {
		for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
	});
}
