/**
 * Has certificates made by a process that lives for one answer. Keys go through pipes alone: no file, no argument, no environment.
 */
import { spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Issue } from './certificate.ts';

const answerSchema = z.array(z.object({ cert: z.string(), key: z.string() }));
const LIMIT_MS = 30_000;
/** Beside this module, compiled or not. */
const program = join(import.meta.dirname, `issue-main${extname(import.meta.filename)}`);

/** @throws Error without a word of what was asked or made. */
export const issueInProcess: Issue = async requests => {
	const child = spawn(process.execPath, [program], { env: {}, stdio: ['pipe', 'pipe', 'ignore'], timeout: LIMIT_MS });
	const ended = new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	// A process that died early does not read; its exit code tells.
	child.stdin.on('error', () => undefined);
	child.stdin.end(JSON.stringify(requests));
	const [answer, code] = await Promise.all([text(child.stdout), ended]);
	if (code !== 0) throw new Error(`the process that makes certificates ended with code ${code}`);
	return answerSchema.parse(JSON.parse(answer));
};
