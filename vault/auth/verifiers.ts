/**
 * Who may call: SHA-256 of each token, from verifiers.json. A token is hashed and the hash looked up, so the time taken says nothing of
 * how much of a guess was right.
 *
 * A file that cannot be read leaves the last good one in force and is reported as a problem.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import { followFiles, type Reading } from '../follow-files.ts';

const verifierSchema = z.object({
	name: z.string().min(1).max(63),
	role: z.enum(['Member', 'Admin']),
	generation: z.int().min(0),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
	expiresAt: z.iso.datetime({ offset: true }).optional(),
});
const verifiersSchema = z.object({ tokens: z.array(verifierSchema).max(1000) });

export type Role = 'Member' | 'Admin';
/** `id`: the first digits of the token's SHA-256, which tell tokens apart and nothing of them. */
export type Identity = { name: string; role: Role; generation: number; id: string };
export type Verdict = { ok: true; identity: Identity } | { ok: false; reason: 'unknown' | 'expired' };

/** By SHA-256 in hex. */
export type VerifierTable = ReadonlyMap<string, { identity: Omit<Identity, 'id'>; expiresAt: number }>;

export type Verifiers = {
	check(token: string): Verdict;
	/** The newest generation adopted for each token name. */
	generations(): Record<string, number>;
	/** By token name, which tokens are accepted now: the first digits of their SHA-256, which tell tokens apart and nothing of them. */
	ids(): Record<string, string[]>;
	/** Why the newest file is not in force, if it is not. Names the file, never its content. */
	problem(): string | undefined;
	close(): void;
};

/**
 * Checks the text of verifiers.json.
 * @throws VaultError `invalid_argument` with the field, never with a value.
 */
export function parseVerifiers(text: string): VerifierTable {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new VaultError('invalid_argument', 'not JSON');
	}
	const parsed = verifiersSchema.safeParse(value);
	if (!parsed.success) {
		throw new VaultError('invalid_argument', `${parsed.error.issues[0]?.path.join('.') || '(root)'} is not valid`);
	}
	return new Map(
		parsed.data.tokens.map(({ name, role, generation, sha256, expiresAt }) => [
			sha256,
			{ identity: { name, role, generation }, expiresAt: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt) },
		]),
	);
}

/** Looks a token up in a table at the time `now` (milliseconds since 1970). */
export function verifyToken(table: VerifierTable, token: string, now: number): Verdict {
	const sha256 = createHash('sha256').update(token, 'utf8').digest('hex');
	const found = table.get(sha256);
	if (found === undefined) return { ok: false, reason: 'unknown' };
	return found.expiresAt <= now ? { ok: false, reason: 'expired' } : { ok: true, identity: { ...found.identity, id: idOf(sha256) } };
}

/** Verifiers that never change, for `vault dev` and tests. */
export function fixedVerifiers(table: VerifierTable, now: () => number = Date.now): Verifiers {
	return {
		check: token => verifyToken(table, token, now()),
		generations: () => newestGenerations(table),
		ids: () => acceptedIds(table, now()),
		problem: () => undefined,
		close: () => undefined,
	};
}

/**
 * Reads verifiers.json and follows its changes until closed.
 * @throws VaultError `invalid_argument` when the first reading fails.
 */
export function watchVerifiers(
	file: string,
	options: { now?: () => number; pollMs?: number; onChange?: (problem: string | undefined) => void } = {},
): Verifiers {
	const { now = Date.now, pollMs, onChange } = options;
	const first = attempt(file);
	if ('problem' in first) throw new VaultError('invalid_argument', `unreadable verifiers: ${first.problem}`, { field: 'verifiersFile' });
	const isSame = (a: VerifiersFile, b: VerifiersFile) => a.text === b.text;
	const followed = followFiles(dirname(file), { first: first.value, read: () => attempt(file), isSame, pollMs, onChange });
	const table = () => followed.value().table;

	return {
		check: token => verifyToken(table(), token, now()),
		generations: () => newestGenerations(table()),
		ids: () => acceptedIds(table(), now()),
		problem: followed.problem,
		close: followed.close,
	};
}

type VerifiersFile = { table: VerifierTable; text: string };

function attempt(file: string): Reading<VerifiersFile> {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return { problem: `cannot read ${file}` };
	}
	try {
		return { value: { table: parseVerifiers(text), text } };
	} catch (error) {
		if (error instanceof VaultError) return { problem: `${file}: ${error.message}` };
		throw error;
	}
}

function newestGenerations(table: VerifierTable): Record<string, number> {
	const newest: Record<string, number> = {};
	for (const { identity } of table.values()) newest[identity.name] = Math.max(newest[identity.name] ?? 0, identity.generation);
	return newest;
}

const ID_DIGITS = 16;
const idOf = (sha256: string) => sha256.slice(0, ID_DIGITS);

function acceptedIds(table: VerifierTable, now: number): Record<string, string[]> {
	const accepted = [...table].filter(([, { expiresAt }]) => expiresAt > now);
	const byName = Map.groupBy(accepted, ([, { identity }]) => identity.name);
	return Object.fromEntries([...byName].map(([name, each]) => [name, each.map(([sha256]) => idOf(sha256))]));
}
