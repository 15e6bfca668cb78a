/** What an archive says of itself, and the names of what lies in it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BackupError } from './backup-error.ts';

/** Raised when an archive is written that this code could not restore whole. */
export const FORMAT = 1;

export const MANIFEST = 'manifest.json';

/** Names of the parts. Those of a key are the names under which a pod has them mounted, below `keys/<version>/`. */
export const parts = {
	resource: 'resource.json',
	kek: 'kek',
	key: (version: number, file: string) => `keys/${version}/${file}`,
	verifiers: 'verifiers.json',
	token: (name: string) => `tokens/${name}.json`,
	ca: 'ca.json',
	canary: 'canary/0.bin',
	answer: 'canary/answer',
} as const;

export const isTokenPart = (name: string): boolean => name.startsWith('tokens/');

const PART_NAME = /^[a-zA-Z0-9][-a-zA-Z0-9_.]{0,62}(\/[a-zA-Z0-9][-a-zA-Z0-9_.]{0,62}){0,2}$/;
const MAX_PARTS = 256;

const manifestSchema = z.object({
	format: z.int().min(1),
	vault: z.string().min(1).max(253),
	namespace: z.string().min(1).max(253),
	team: z.string().min(1).max(32),
	dimension: z.int().min(32).max(4096),
	createdAt: z.iso.datetime(),
	/** Of the current key. */
	fingerprint: z.string().regex(/^sha256:[0-9a-f]{64}$/),
	keyVersions: z.array(z.int().min(1).max(1_000_000)).min(1).max(8),
	/** Secret: in the archive. File: the user's own, and not in it. */
	kek: z.enum(['Secret', 'File']),
	/** Version of the program that wrote it. */
	writtenBy: z.string().max(64),
	parts: z
		.array(
			z.object({
				name: z.string().max(200).regex(PART_NAME),
				bytes: z.int().min(0).max(1_000_000_000),
				sha256: z.string().regex(/^[0-9a-f]{64}$/),
			}),
		)
		.max(MAX_PARTS),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** What is known before the parts are counted. */
export type Description = Omit<Manifest, 'format' | 'parts'>;

/**
 * A newer format is told by its number alone, whatever else has changed in it.
 * @throws BackupError `ArchiveNewer`, `ArchiveDamaged`
 */
export function parseManifest(text: string): Manifest {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw damaged(MANIFEST, 'is not JSON');
	}
	const { format } = Object(value);
	if (Number.isInteger(format) && format > FORMAT) {
		throw new BackupError('ArchiveNewer', `the archive has format ${format}, and this program reads formats up to ${FORMAT}`);
	}
	const parsed = manifestSchema.safeParse(value);
	if (!parsed.success) throw damaged(MANIFEST, `has no valid ${parsed.error.issues[0]?.path.join('.') || 'object'}`);
	return parsed.data;
}

/** The error of a part that is not what the manifest says. */
export const damaged = (part: string, why: string): BackupError => new BackupError('ArchiveDamaged', `${part} of the archive ${why}`);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
