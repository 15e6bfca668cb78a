/**
 * The role of this pod: primary while it holds the lease, standby else.
 *
 * Every pod campaigns; the holder brings the route to itself and keeps it there. `release` is for SIGTERM: a standby takes the lease within
 * moments, while this pod still answers what it has begun.
 */
import type { Clock, Random } from '../../kube/clock.ts';
import { campaign } from '../../kube/lease.ts';
import type { Transport } from '../../kube/transport.ts';
import type { VaultConfig } from '../config.ts';
import type { RoleView } from '../state.ts';
import { createRouting } from './routing.ts';

export type ElectorOptions = {
	transport: Transport;
	config: Pick<VaultConfig, 'namespace' | 'lease'>;
	podName: string;
	podIp: string;
	/** At every change of role or epoch, and once the route leads here. */
	onChange?: (change: { role: RoleView['role']; epoch: number; holder: string; isRouted: boolean }) => void;
	onError?: (error: unknown) => void;
	clock?: Clock;
	random?: Random;
};

export type Elector = {
	/** Campaigns until the signal is aborted or `release` is called, then resolves. Call it once. */
	run(signal: AbortSignal): Promise<void>;
	/** Gives the lease up, if it is ours, and stops campaigning. Resolves when a standby may take it. */
	release(): Promise<void>;
	role(): RoleView;
	/** Name of the pod that holds the lease, '' when none does or none was seen yet. */
	holder(): string;
};

export function createElector(options: ElectorOptions): Elector {
	const { transport, config, podName, podIp, onChange = () => undefined, onError = () => undefined } = options;
	const { name, durationSeconds, renewDeadlineSeconds, retryPeriodSeconds, endpointSlice } = config.lease;
	const time = { ...(options.clock ? { clock: options.clock } : {}), ...(options.random ? { random: options.random } : {}) };
	let isRouted = false;

	const route = createRouting({
		...{ transport, namespace: config.namespace, endpointSlice, leaseName: name, podName, podIp, onError, ...time },
		onRouted() {
			isRouted = true;
			tell();
		},
	});

	const lease = campaign({
		...{ transport, namespace: config.namespace, name, identity: podName, onError, ...time },
		durationMs: durationSeconds * 1000,
		renewDeadlineMs: renewDeadlineSeconds * 1000,
		retryPeriodMs: retryPeriodSeconds * 1000,
		onAcquired(epoch, signal) {
			tell();
			return route(epoch, signal);
		},
		onLost() {
			isRouted = false;
			tell();
		},
		onObserved: tell,
	});

	function role(): RoleView {
		return { role: lease.isHolder ? 'primary' : 'standby', epoch: lease.epoch };
	}

	function tell(): void {
		onChange({ ...role(), holder: lease.holder, isRouted });
	}

	return { run: signal => lease.run(signal), release: () => lease.release(), role, holder: () => lease.holder };
}
