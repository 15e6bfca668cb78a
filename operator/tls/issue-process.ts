/**
 * Has certificates made by a process that lives for one answer, one at a time: several would take more memory than the operator's container
 * has. Keys go through pipes alone: no file, no argument, no environment.
 */
import { spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type Issue, IssueError, type KeyPair } from './certificate.ts';

const answerSchema = z.array(z.object({ cert: z.string(), key: z.string() }));
const LIMIT_MS = 30_000;
/** Beside this module, compiled or not. */
const program = join(import.meta.dirname, `issue-main${extname(import.meta.filename)}`);
/** It reads the code of the project and its packages, and nothing else. */
const flags = ['--permission', `--allow-fs-read=${join(import.meta.dirname, '..', '..')}/`, '--max-semi-space-size=1'];

/** The end of the last one that was begun. */
let last: Promise<unknown> = Promise.resolve();

/** @throws IssueError */
export const issueInProcess: Issue = requests => {
	const made = last.then(() => issueOnce(requests));
	last = made.catch(() => undefined);
	return made;
};

/** Refused at once, or failing later: both are the same error. */
function start() {
	try {
		return spawn(process.execPath, [...flags, program], { env: {}, stdio: ['pipe', 'pipe', 'ignore'], timeout: LIMIT_MS });
	} catch (cause) {
		throw new IssueError('the process that makes certificates could not be started', { cause });
	}
}

async function issueOnce(requests: Parameters<Issue>[0]): Promise<KeyPair[]> {
	const child = start();
	const ended = new Promise<string>(resolve => {
		child.once('error', () => resolve('could not be started'));
		child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? `code ${code}`}`));
	});
	// A process that died early does not read; its end tells.
	child.stdin.on('error', () => undefined);
	child.stdin.end(JSON.stringify(requests));
	const [answer, failure] = await Promise.all([text(child.stdout), ended]);
	if (failure !== '') throw new IssueError(`the process that makes certificates ${failure}`);
	return answerSchema.parse(JSON.parse(answer));
}
