/** What every program that measures with the driver does around its measurement. */
import { cpus, loadavg } from 'node:os';
import { readRecord } from '../cluster/record.ts';
import { findTarget } from '../demo/target.ts';
import { type Driver, openDriver } from './drive.ts';
import { describe } from './measure.ts';
import type { SessionOptions } from './options.ts';

/** On what it is measured, in words. */
export async function placeOf({ restingMilliseconds }: Pick<Driver, 'restingMilliseconds'>): Promise<{ nodes: number; cpu: string }> {
	const [cpu] = cpus();
	const load = loadavg()[0]?.toFixed(1);
	return {
		nodes: (await readRecord())?.nodes ?? 0,
		cpu: `${cpus().length} × ${cpu?.model.trim()}, load ${load} before, ${restingMilliseconds.toFixed(0)} ms a call at rest`,
	};
}

/** Nothing may be left cut off or stopped, however this ends. */
function healOnSignal(driver: Pick<Driver, 'heal'>, say: (line: string) => void): void {
	for (const name of ['SIGINT', 'SIGTERM'] as const) {
		process.once(name, () => {
			say('interrupted: undoing the fault');
			driver.heal().finally(() => process.exit(130));
		});
	}
}

export type Session<O extends SessionOptions> = {
	/** What errors are told under. */
	readonly program: string;
	readonly readOptions: (env: NodeJS.ProcessEnv) => O;
	/** @returns one line for each thing that is not as promised */
	readonly run: (driver: Driver, options: O) => Promise<string[]>;
	/** Said when there is no such line. */
	readonly praise: string;
	readonly say: (line: string) => void;
};

/** From the options to the exit code: 1 when something is not as promised, or could not be done. The Vaults go unless they are kept. */
export async function runSession<O extends SessionOptions>({ program, readOptions, run, praise, say }: Session<O>): Promise<void> {
	try {
		const options = readOptions(process.env);
		const driver = await openDriver(await findTarget(process.env), options.lanes, say);
		healOnSignal(driver, say);
		try {
			const lines = await run(driver, options);
			for (const line of lines) say(`✗ ${line}`);
			if (lines.length === 0) say(praise);
			process.exitCode = lines.length === 0 ? 0 : 1;
		} finally {
			await driver.heal();
			await driver.close({ keep: options.isKeeping });
		}
	} catch (error) {
		console.error(`${program}: ${describe(error)}`);
		process.exitCode = 1;
	}
}
