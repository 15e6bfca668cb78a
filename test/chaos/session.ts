/** What every program that measures with the driver does at its beginning and at its end. */
import { cpus, loadavg } from 'node:os';
import { readRecord } from '../cluster/record.ts';
import type { Driver } from './drive.ts';

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
export function healOnSignal(driver: Pick<Driver, 'heal'>, say: (line: string) => void): void {
	for (const name of ['SIGINT', 'SIGTERM'] as const) {
		process.once(name, () => {
			say('interrupted: undoing the fault');
			driver.heal().finally(() => process.exit(130));
		});
	}
}
