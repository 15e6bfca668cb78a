/** Runs `@modelcontextprotocol/conformance` against one server and reads what it found, check by check. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { run } from '../install/run.ts';
import type { Tools } from './tools.ts';

export const revisions = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

const checkSchema = z.object({
	id: z.string(),
	status: z.enum(['SUCCESS', 'INFO', 'SKIPPED', 'WARNING', 'FAILURE']),
	errorMessage: z.string().optional(),
});
export type Check = z.infer<typeof checkSchema>;
export type Scenario = { readonly name: string; readonly checks: readonly Check[] };

/**
 * Scenarios the suite runs without requiring them, because its own reference server fails them: JSON Schema keywords that a listing must
 * keep, and headers that must agree with the body, since proxies go by them.
 */
export const alsoHeld: Readonly<Record<Revision, readonly string[]>> = {
	'2025-11-25': ['json-schema-2020-12'],
	'2026-07-28': ['json-schema-2020-12', 'http-header-validation'],
};

const requirementSchema = z.object({ server: z.array(z.string()) });

/**
 * The scenarios a revision requires of a server, in the order of the suite's list, and those of `alsoHeld`.
 *
 * @param url of /mcp, reachable without a token
 * @param directory for the suite's own files, emptied first
 * @throws Error when the suite did not run all of them
 */
export async function runSuite(tools: Tools, url: string, revision: Revision, directory: string): Promise<Scenario[]> {
	await rm(directory, { recursive: true, force: true });
	const args = [tools.suite, 'server', '--url', url, '--requirements', revision, '--output-dir', directory];
	// It exits with 1 when any check fails, which is for us to judge; that it ran is seen by what it wrote.
	const failure = await run(process.execPath, args, { timeoutMs: 300_000 }).catch((error: Error) => error);
	const { server } = requirementSchema.parse(parse(await readFile(join(tools.requirements, `${revision}.yaml`), 'utf8')));
	const written = await readdir(directory).catch(() => []);
	return Promise.all(
		[...server, ...alsoHeld[revision]].map(async name => {
			const folder = written.find(each => each.startsWith(`server-${name}-20`));
			if (folder === undefined) throw new Error(`the suite did not run ${name} of ${revision}`, { cause: failure });
			const checks = JSON.parse(await readFile(join(directory, folder, 'checks.json'), 'utf8'));
			return { name, checks: z.array(checkSchema).parse(checks) };
		}),
	);
}
