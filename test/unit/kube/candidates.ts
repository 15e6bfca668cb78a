/** Candidates for the lease of a LeaseServer, each with a client of its own and a log of what happened to it. */
import { type CampaignOptions, campaign, type LeaderElector } from '../../../kube/lease.ts';
import { type FakeClock, settle } from './fake-clock.ts';
import type { Client, LeaseServer } from './lease-server.ts';

export type Candidate = { elector: LeaderElector; client: Client; log: string[]; stop: AbortController; ended: Promise<void> };

export function candidate(server: LeaseServer, clock: FakeClock, identity: string, options: Partial<CampaignOptions> = {}): Candidate {
	const client = server.client();
	const log: string[] = [];
	const stop = new AbortController();
	const elector = campaign({
		transport: client,
		namespace: 'rune',
		name: 'acme-primary',
		identity,
		onAcquired: (epoch, signal) => {
			log.push(`acquired ${epoch}`);
			signal.addEventListener('abort', () => log.push('ended'));
		},
		onLost: () => log.push('lost'),
		onObserved: (holder, epoch) => log.push(`sees ${holder || 'nobody'} ${epoch}`),
		clock,
		random: () => 0.5,
		...options,
	});
	return { elector, client, log, stop, ended: elector.run(stop.signal) };
}

export async function stopAll(clock: FakeClock, ...candidates: Candidate[]): Promise<void> {
	for (const { stop } of candidates) stop.abort();
	await settle();
	await clock.advance(20_000);
	await Promise.all(candidates.map(({ ended }) => ended));
}
