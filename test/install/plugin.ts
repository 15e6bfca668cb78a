/** `kubectl runevault` against a cluster, as a person would call it. */
import type { Target } from './installation.ts';
import { run } from './run.ts';

/** @returns what it prints */
export const runPlugin = ({ kubectl }: Target, args: readonly string[]): Promise<string> =>
	run(process.execPath, ['client/kubectl/main.ts', ...args], { env: { KUBECONFIG: kubectl.kubeconfig }, timeoutMs: 660_000 });
