/**
 * Leader election on a Lease: client-go's algorithm, with a watch beside it.
 *
 * A candidate tries every 2 to 4.4 s; the holder renews every 2 s and gives up when it could not for 10 s, well before the others may take the
 * lease at 15 s. Times are measured by each one's own monotonic clock. The watch lets a candidate take a released lease at once and see that
 * it was appointed (somebody else wrote its name into the lease), and lets a holder step down at once when the lease names another. While the
 * watch brings news of the holder, a candidate does not poll.
 *
 * The epoch is `spec.leaseTransitions`: it grows with each change of holder and never falls for those who have seen it, even if the
 * lease is deleted.
 */
import { Bell } from './bell.ts';
import { type Clock, type Random, random, systemClock } from './clock.ts';
import { deadline } from './deadline.ts';
import { LeaseLock } from './lease-lock.ts';
import { resources } from './resources.ts';
import type { Transport } from './transport.ts';
import { watchObject } from './watch-object.ts';

export type CampaignOptions = {
	transport: Transport;
	namespace: string;
	name: string;
	identity: string;
	durationMs?: number;
	renewDeadlineMs?: number;
	retryPeriodMs?: number;
	createIfMissing?: boolean;
	/** The term has begun; the signal is aborted when it ends. May run as long as the term; a throw ends the term and releases the lease. */
	onAcquired: (epoch: number, signal: AbortSignal) => void | Promise<void>;
	/** The term has ended: lost, or being released. */
	onLost?: () => void;
	/** Whoever holds the lease has changed; '' when nobody does. */
	onObserved?: (holder: string, epoch: number) => void;
	onError?: (error: unknown) => void;
	clock?: Clock;
	random?: Random;
};

export type LeaderElector = {
	/** Campaigns, leads, and campaigns again, until the signal is aborted: then ends the term, releases the lease and resolves. Call it once. */
	run(signal: AbortSignal): Promise<void>;
	/** Ends `run` as its signal would, and waits for it. */
	release(): Promise<void>;
	/** False from the moment that a renewal is overdue, even if nothing could run since. */
	readonly isHolder: boolean;
	/** As last observed; 0 before. */
	readonly epoch: number;
	/** Identity of the holder as last observed; '' when there is none. */
	readonly holder: string;
};

const JITTER = 1.2;
/** An expired lease is taken within this part of the retry period, not all at once. */
const EXPIRY_JITTER = 0.2;

export function campaign(options: CampaignOptions): LeaderElector {
	const { transport, namespace, name, identity, durationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
	const { onAcquired, onLost = () => undefined, onObserved = () => undefined, onError = () => undefined } = options;
	const { createIfMissing = false, clock = systemClock, random: draw = random } = options;
	const lock = new LeaseLock({
		...{ transport, namespace, name, identity, durationMs, createIfMissing, clock },
		timeoutMs: renewDeadlineMs / 2,
		outageMs: renewDeadlineMs,
		// The old holder is among the candidates again, and tries within the longest wait of one.
		graceMs: retryPeriodMs * (1 + JITTER) + retryPeriodMs,
	});
	const bell = new Bell(clock);
	const stop = new AbortController();
	let running: Promise<void> = Promise.resolve();
	let isLeading = false;
	let renewedAt = Number.NEGATIVE_INFINITY;
	let watchedAt = Number.NEGATIVE_INFINITY;
	let reported = '';

	const isRenewed = () => clock.now() - renewedAt < renewDeadlineMs;

	function report(): void {
		const { holder, transitions } = lock.record;
		if (reported === `${transitions} ${holder}`) return;
		reported = `${transitions} ${holder}`;
		onObserved(holder, transitions);
	}

	async function attempt(signal: AbortSignal): Promise<boolean> {
		const startedAt = clock.now();
		try {
			if (!(await lock.tryAcquireOrRenew(isLeading, signal))) return false;
			renewedAt = startedAt;
			return true;
		} catch (error) {
			if (!signal.aborted) onError(error);
			return false;
		} finally {
			report();
		}
	}

	/** Resolves to false when stopped first. */
	async function acquire(signal: AbortSignal): Promise<boolean> {
		while (!signal.aborted) {
			const isWatched = clock.now() - watchedAt < 2 * retryPeriodMs;
			if (!(lock.isHeldByOther && isWatched) && (await attempt(signal))) return true;
			const untilExpiry = lock.isHeldByOther ? lock.expiresAt - clock.now() : Number.POSITIVE_INFINITY;
			await bell.wait(Math.min(retryPeriodMs * (1 + draw() * JITTER), untilExpiry + retryPeriodMs * draw() * EXPIRY_JITTER), signal);
		}
		return false;
	}

	/** Tries until it succeeds, the lease names another, or the deadline has passed. */
	async function renew(signal: AbortSignal): Promise<boolean> {
		using limit = deadline(clock, renewedAt + renewDeadlineMs - clock.now(), signal);
		while (isRenewed() && lock.isMine && !limit.signal.aborted) {
			if (await attempt(limit.signal)) return true;
			if (lock.isMine) await bell.wait(retryPeriodMs, limit.signal);
		}
		return false;
	}

	async function lead(signal: AbortSignal): Promise<void> {
		const term = new AbortController();
		let hasFailed = false;
		isLeading = true;
		const work = invoke(() => onAcquired(lock.record.transitions, term.signal)).catch(error => {
			hasFailed = true;
			onError(error);
			bell.ring();
		});
		do await bell.wait(retryPeriodMs, signal);
		while (!signal.aborted && !hasFailed && (await renew(signal)));
		isLeading = false;
		term.abort();
		onLost();
		// Work that does not end keeps the lease from being released: it must expire.
		const patience = new AbortController();
		const hasEnded = await Promise.race([work.then(() => true), clock.sleep(renewDeadlineMs, patience.signal).then(() => false)]);
		patience.abort();
		if ((signal.aborted || hasFailed) && hasEnded) await lock.release().catch(onError);
		report();
		if (hasFailed) await clock.sleep(retryPeriodMs, signal);
	}

	function watch(signal: AbortSignal): Promise<void> {
		return watchObject({
			...{ transport, resource: resources.leases, namespace, name, lane: 'urgent', signal, onError, clock, random: draw },
			onState(lease) {
				watchedAt = clock.now();
				if (lease !== undefined) lock.observe(lease);
				report();
				const isNews = isLeading ? !lock.isMine : lock.isMine || lock.record.holder === '';
				if (isNews || lease === undefined) bell.ring();
			},
		});
	}

	async function run(signal: AbortSignal): Promise<void> {
		const watching = watch(signal);
		while (await acquire(signal)) await lead(signal);
		await watching;
	}

	return {
		run(signal) {
			running = run(AbortSignal.any([signal, stop.signal]));
			return running;
		},
		async release() {
			stop.abort();
			await running;
		},
		get isHolder() {
			return isLeading && isRenewed();
		},
		get epoch() {
			return lock.record.transitions;
		},
		get holder() {
			return lock.record.holder;
		},
	};
}

/** Turns a throw of a synchronous callback into a rejection. */
async function invoke(callback: () => void | Promise<void>): Promise<void> {
	await callback();
}
