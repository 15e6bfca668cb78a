/** How short of processors the machine is, as the kernel tells (pressure stall information): a gap says more when it is known. */
import { readFile } from 'node:fs/promises';

export type Pressure = { readonly waitedMs: number; readonly at: number };

/** @returns no wait at all from a kernel that does not tell */
export async function readPressure(): Promise<Pressure> {
	const text = await readFile('/proc/pressure/cpu', 'utf8').catch(() => '');
	return { waitedMs: Number(/^some .*total=(\d+)$/m.exec(text)?.[1] ?? 0) / 1000, at: performance.now() };
}

/** The part, 0…1, of the time since in which something waited for a processor. */
export async function pressureSince(before: Pressure): Promise<number> {
	const { waitedMs, at } = await readPressure();
	return (waitedMs - before.waitedMs) / (at - before.at);
}
