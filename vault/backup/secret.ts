/** A Secret as it lies in an archive: what makes it what it is, without what the API server adds. */
import { z } from 'zod';
import { damaged } from './manifest.ts';

const text = z.record(z.string(), z.string());

const secretSchema = z.object({
	name: z.string().min(1).max(253),
	type: z.string().min(1).max(253),
	/** Whether it goes with the RuneVault. */
	owner: z.enum(['RuneVault', 'None']),
	labels: text,
	annotations: text,
	/** Base64, as the API has it. */
	data: text,
});

export type SecretSnapshot = z.infer<typeof secretSchema>;

/** @throws BackupError `ArchiveDamaged` naming the part */
export function parseSecret(part: string, bytes: Uint8Array): SecretSnapshot {
	const parsed = secretSchema.safeParse(parseJson(part, bytes));
	if (!parsed.success) throw damaged(part, 'is not a Secret');
	return parsed.data;
}

/** @throws BackupError `ArchiveDamaged` naming the part */
export function parseJson(part: string, bytes: Uint8Array): unknown {
	try {
		return JSON.parse(Buffer.from(bytes).toString('utf8'));
	} catch {
		throw damaged(part, 'is not JSON');
	}
}
