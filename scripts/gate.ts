/** Runs gates: programs that pass or fail as a whole, and speak up when they fail. */
import { spawn } from 'node:child_process';
import type { Gate } from './tiers.ts';

export type GateOutcome = { readonly gate: Gate; readonly hasPassed: boolean; readonly output: string; readonly seconds: number };

/** @param isLive shows the program's output as it comes, for what takes minutes; else it is kept */
export function runGate(gate: Gate, isLive: boolean): Promise<GateOutcome> {
	const [program = '', ...args] = gate.command;
	const started = performance.now();
	return new Promise(resolve => {
		const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
		const chunks: Buffer[] = [];
		const take = (chunk: Buffer) => {
			chunks.push(chunk);
			if (isLive) process.stdout.write(chunk);
		};
		child.stdout.on('data', take);
		child.stderr.on('data', take);
		const end = (hasPassed: boolean, output: string) => resolve({ gate, hasPassed, output, seconds: (performance.now() - started) / 1000 });
		child.on('error', error => end(false, `${program} cannot be started: ${error.message}`));
		child.on('close', code => end(code === 0, Buffer.concat(chunks).toString().trim()));
	});
}
