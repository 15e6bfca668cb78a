/** Tries an assertion every 10 ms until it holds; after `limitMs` its failure is the test's. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function eventually(check: () => void | Promise<void>, limitMs = 5000): Promise<void> {
	const deadline = performance.now() + limitMs;
	for (;;) {
		try {
			await check();
			return;
		} catch (error) {
			if (performance.now() > deadline) throw error;
		}
		await sleep(10);
	}
}
