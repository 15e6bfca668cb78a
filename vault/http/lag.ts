/** How long the event loop was ever blocked since one last asked, so that one stall fails one liveness check and no more. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export type LagMeter = { worstMs(): number };

export function createLagMeter(): LagMeter {
	const delay = monitorEventLoopDelay({ resolution: 50 });
	delay.enable();
	return {
		worstMs() {
			const worst = delay.max / 1e6;
			delay.reset();
			return worst;
		},
	};
}
