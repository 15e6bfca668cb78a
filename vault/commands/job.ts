/** What the commands that run as Jobs of the operator have in common: what they are told by environment, and the last word they leave. */
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import { KubeError } from '../../kube/errors.ts';
import { BackupError } from '../backup/backup-error.ts';

export const labelsSchema = z.record(z.string(), z.string());

export const ownerSchema = z.object({
	apiVersion: z.string(),
	kind: z.string(),
	name: z.string(),
	uid: z.string(),
	controller: z.boolean().default(true),
	blockOwnerDeletion: z.boolean().default(true),
});

/** Where the kubelet reads it into the pod's status. That it cannot be left is no reason to hide what happened. */
export async function leaveWord(word: string): Promise<void> {
	const file = process.env.TERMINATION_LOG;
	if (file !== undefined && file !== '') await writeFile(file, word).catch(() => undefined);
}

/**
 * Does the work of a Job and leaves its last word: the result as JSON, also on standard output, or the fault of a `BackupError`. What
 * Kubernetes refuses becomes a VaultError.
 */
export async function asJob(work: () => Promise<object>): Promise<number> {
	try {
		const line = JSON.stringify(await work());
		process.stdout.write(`${line}\n`);
		await leaveWord(line);
		return 0;
	} catch (error) {
		if (error instanceof BackupError) await leaveWord(error.fault);
		throw error instanceof KubeError ? new VaultError('internal', `Kubernetes: ${error.message}`, { cause: error }) : error;
	}
}

/** An environment variable that holds JSON; undefined when it is not set. */
export function jsonEnv<T>(name: string, schema: z.ZodType<T>): T | undefined {
	const text = process.env[name];
	if (text === undefined || text === '') return undefined;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new VaultError('invalid_argument', `${name} is not JSON`, { field: name });
	}
	const parsed = schema.safeParse(value);
	if (!parsed.success)
		throw new VaultError('invalid_argument', `${name}: ${parsed.error.issues[0]?.path.join('.')} is not valid`, { field: name });
	return parsed.data;
}
