/**
 * What one candidate knows of a Lease, and the writes it may make: client-go's `tryAcquireOrRenew` and `release`.
 *
 * Whether the holder is alive is judged by our own monotonic clock only: a record counts as valid for its duration from the moment we saw
 * it change. What the holder's clock wrote is never compared with ours. One addition to client-go: after an outage of the API server the
 * holder first gets a moment to renew, so that an outage ends without a failover.
 */
import type { Clock } from './clock.ts';
import { isConflict, isNotFound } from './errors.ts';
import { type LeaseRecord, microTime, newLease, readLease, sameRecord, withRecord } from './lease-record.ts';
import { type CallOptions, create, get, update } from './objects.ts';
import { isNewer } from './resource-version.ts';
import { type KubeObject, resources } from './resources.ts';
import type { Transport } from './transport.ts';

export type LockOptions = {
	transport: Transport;
	namespace: string;
	name: string;
	identity: string;
	durationMs: number;
	/** Bounds each call. */
	timeoutMs: number;
	/** After so long without any contact to the API server, its holder may have been as cut off as we were … */
	outageMs: number;
	/** … and gets so long to renew before its silence counts. */
	graceMs: number;
	createIfMissing: boolean;
	clock: Clock;
};

const none: LeaseRecord = { holder: '', durationSeconds: undefined, acquireTime: undefined, renewTime: undefined, transitions: 0 };

export class LeaseLock {
	readonly #options: LockOptions;
	#lease: KubeObject | undefined;
	#record = none;
	#observedAt = Number.NEGATIVE_INFINITY;
	#contactAt = Number.NEGATIVE_INFINITY;
	#graceUntil = Number.NEGATIVE_INFINITY;
	/** Never falls, not even when the lease is deleted and made anew. */
	#highestEpoch: number | undefined;

	constructor(options: LockOptions) {
		this.#options = options;
	}

	get record(): LeaseRecord {
		return this.#record;
	}

	get isMine(): boolean {
		return this.#record.holder === this.#options.identity;
	}

	/** When the record stops counting as valid, on the local clock. */
	get expiresAt(): number {
		const { durationSeconds } = this.#record;
		const lastsMs = durationSeconds === undefined ? this.#options.durationMs : durationSeconds * 1000;
		return Math.max(this.#observedAt + lastsMs, this.#graceUntil);
	}

	get isHeldByOther(): boolean {
		return this.#record.holder !== '' && !this.isMine && this.expiresAt > this.#options.clock.now();
	}

	/** Takes in a state of the lease, from a read, a write or a watch. Older states than the one known are ignored. */
	observe(lease: KubeObject): void {
		const { clock, outageMs, graceMs } = this.#options;
		if (clock.now() - this.#contactAt > outageMs) this.#graceUntil = clock.now() + graceMs;
		this.#contactAt = clock.now();
		const known = this.#lease?.metadata;
		const { uid, resourceVersion } = lease.metadata;
		if (known?.resourceVersion !== undefined && resourceVersion !== undefined && known.uid === uid) {
			if (resourceVersion !== known.resourceVersion && !isNewer(resourceVersion, known.resourceVersion)) return;
		}
		this.#lease = lease;
		const record = readLease(lease);
		if (sameRecord(record, this.#record)) return;
		this.#record = record;
		this.#observedAt = clock.now();
		this.#highestEpoch = Math.max(record.transitions, this.#highestEpoch ?? 0);
	}

	/**
	 * One attempt to take the lease or, when `isHolding`, to renew it: true when it is ours afterwards. A record that names us is renewed under
	 * its epoch, whoever wrote it: that is how a candidate is appointed. A lease that is not there is made anew only if its last known holder
	 * is us or has expired.
	 * @throws KubeError when the API server refused or did not answer; a lost race is no error but false.
	 */
	async tryAcquireOrRenew(isHolding: boolean, signal?: AbortSignal): Promise<boolean> {
		const { transport, namespace, name, createIfMissing } = this.#options;
		// The holder writes on what it wrote last, and reads only when somebody else wrote in between.
		if (isHolding && this.isMine && this.#lease !== undefined && (await this.#write(this.#lease, this.#claim(), signal))) return true;
		const lease = await get(transport, resources.leases, { namespace, name }, this.#call(signal));
		this.#lease = lease;
		if (lease === undefined) {
			if (!createIfMissing || this.isHeldByOther) return false;
			this.observe(await create(transport, resources.leases, newLease(namespace, name, this.#claim()), this.#call(signal)));
			return true;
		}
		this.observe(lease);
		if (this.isHeldByOther || (isHolding && !this.isMine)) return false;
		return this.#write(lease, this.#claim(), signal);
	}

	/** Gives the lease up so that it can be taken at once. Does nothing when it is not ours. */
	async release(): Promise<void> {
		const { transport, namespace, name, clock } = this.#options;
		for (const isRetry of [false, true]) {
			const lease = isRetry ? await get(transport, resources.leases, { namespace, name }, this.#call()) : this.#lease;
			if (lease !== undefined) this.observe(lease);
			if (!this.isMine || lease === undefined) return;
			const now = microTime(clock.wall());
			if (await this.#write(lease, { ...this.#record, holder: '', durationSeconds: 1, acquireTime: now, renewTime: now })) return;
		}
	}

	/** The record that makes the lease ours: renewed under the same epoch, or taken under the next. */
	#claim(): LeaseRecord {
		const { clock, identity, durationMs } = this.#options;
		const now = microTime(clock.wall());
		const isRenewal = this.isMine;
		const next =
			this.#lease === undefined && this.#highestEpoch === undefined ? 0 : Math.max(this.#record.transitions, this.#highestEpoch ?? 0) + 1;
		return {
			holder: identity,
			durationSeconds: Math.ceil(durationMs / 1000),
			acquireTime: isRenewal ? (this.#record.acquireTime ?? now) : now,
			renewTime: now,
			transitions: isRenewal ? this.#record.transitions : next,
		};
	}

	/** False when somebody else wrote first, or the lease is gone. */
	async #write(lease: KubeObject, record: LeaseRecord, signal?: AbortSignal): Promise<boolean> {
		try {
			this.observe(await update(this.#options.transport, resources.leases, withRecord(lease, record), this.#call(signal)));
			return true;
		} catch (error) {
			if (isConflict(error) || isNotFound(error)) return false;
			throw error;
		}
	}

	#call(signal?: AbortSignal): CallOptions {
		return { lane: 'urgent', timeoutMs: this.#options.timeoutMs, ...(signal === undefined ? {} : { signal }) };
	}
}
