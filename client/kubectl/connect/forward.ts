/** A port of this machine that leads to one of a pod, by kubectl, whose plug-in this is. */
import { spawn } from 'node:child_process';
import { CommandError } from '../refusals.ts';

export type Forwarding = { port: number; close: () => void };

export type Forward = (pod: { namespace: string; name: string }, port: number) => Promise<Forwarding>;

const PATIENCE_MS = 15_000;

/** @throws CommandError with what kubectl says. */
export const forwardByKubectl: Forward = ({ namespace, name }, port) => {
	const child = spawn('kubectl', ['port-forward', '-n', namespace, `pod/${name}`, `:${port}`], { stdio: ['ignore', 'pipe', 'pipe'] });
	const { promise, resolve, reject } = Promise.withResolvers<Forwarding>();
	const said = { out: '', err: '' };
	const fail = (why: string) => {
		child.kill();
		reject(new CommandError(`kubectl port-forward to pod ${name}: ${why}`));
	};
	const timer = setTimeout(() => fail(`not ready in ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		said.out += text;
		const [, local] = /^Forwarding from 127\.0\.0\.1:(\d+) ->/m.exec(said.out) ?? [];
		if (local !== undefined) resolve({ port: Number(local), close: () => child.kill() });
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		said.err += text;
	});
	child.once('error', error => fail(error.message));
	child.once('exit', () => fail(said.err.trim() || 'it ended'));
	return promise.finally(() => clearTimeout(timer));
};
