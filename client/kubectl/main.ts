#!/usr/bin/env node
/** `kubectl runevault`: link this file as `kubectl-runevault` into a folder on PATH. */
import { createReadStream } from 'node:fs';
import { systemClock } from '../../kube/clock.ts';
import { loadClusterConfig } from '../../kube/config.ts';
import { forwardByKubectl } from './connect/forward.ts';
import { run } from './run.ts';

function interrupted(): AbortSignal {
	const controller = new AbortController();
	process.once('SIGINT', () => controller.abort());
	return controller.signal;
}

// Whoever reads our answer may have read enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (error.code !== 'EPIPE') throw error;
	process.exit();
});

process.exitCode = await run(process.argv.slice(2), {
	findCluster: loadClusterConfig,
	clock: systemClock,
	read: file => (file === '-' ? process.stdin : createReadStream(file)),
	stdout: text => process.stdout.write(text),
	stderr: text => process.stderr.write(text),
	screen: { isTerminal: process.stdout.isTTY === true, interrupted },
	forward: forwardByKubectl,
});
