/** Runs the plug-in in this process against the API server of a test, and gives what it says as it says it. */
import { createReadStream } from 'node:fs';
import { run } from '../../../client/kubectl/run.ts';
import { systemClock } from '../../../kube/clock.ts';
import type { ClusterConfig } from '../../../kube/config.ts';

export type PlugIn = {
	said: { out: string; err: string };
	interrupt: () => void;
	/** Resolves with the exit code. */
	ended: Promise<number>;
};

export function startPlugIn(config: ClusterConfig, argv: readonly string[]): PlugIn {
	const said = { out: '', err: '' };
	const interrupt = new AbortController();
	const ended = run(argv, {
		findCluster: async () => config,
		clock: systemClock,
		read: file => createReadStream(file),
		stdout: text => {
			said.out += text;
		},
		stderr: text => {
			said.err += text;
		},
		screen: { isTerminal: false, interrupted: () => interrupt.signal },
		forward: () => Promise.reject(new Error('no pod runs here')),
	});
	return { said, ended, interrupt: () => interrupt.abort() };
}

/** Runs it to its end. */
export async function plugIn(config: ClusterConfig, argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
	const { said, ended } = startPlugIn(config, argv);
	const code = await ended;
	return { code, ...said };
}
