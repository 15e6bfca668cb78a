/** The command line of the MCP Inspector: each step is a process of its own, whose path is the first argument. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { contentOf, runProgram } from './program.ts';

const execute = promisify(execFile);
const [inspector = ''] = process.argv.slice(2);
// It keeps tokens and catalogues in the user's home.
const home = await mkdtemp(join(tmpdir(), 'runevault-inspector-'));

const answerSchema = z.object({ result: z.unknown() });
const listSchema = z.object({ tools: z.array(z.object({ name: z.string() })) });

await runProgram(async ({ url, token }, revision) => {
	const inspect = async (...args: string[]): Promise<unknown> => {
		const era = revision === '2026-07-28' ? 'modern' : 'legacy';
		const server = ['--server-url', url, '--transport', 'http', '--header', `Authorization: Bearer ${token}`, '--protocol-era', era];
		const quietly = ['--format', 'json', '--quiet', '--stored-auth-only'];
		const options = { env: { ...process.env, HOME: home }, maxBuffer: 64 * 1024 * 1024 };
		const ran = await execute(process.execPath, [inspector, '--cli', ...server, ...quietly, ...args], options).catch(failed => failed);
		if (ran.stdout) return answerSchema.parse(JSON.parse(ran.stdout)).result;
		throw new Error(String(ran.stderr).trim());
	};
	return {
		toolNames: async () => listSchema.parse(await inspect('--method', 'tools/list')).tools.map(({ name }) => name),
		call: async (name, args) =>
			contentOf(await inspect('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args))),
		close: async () => undefined,
	};
});
await rm(home, { recursive: true });
