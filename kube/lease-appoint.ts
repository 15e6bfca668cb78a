/**
 * Gives a lease to another than its holder: how a third party moves a leadership without waiting for it to expire.
 *
 * Every candidate watches the lease. The one that is named finds it its own and renews it under the epoch written here; the one that held
 * it finds another name and steps down, now or when it wakes. `kube/lease.ts` is the candidates' side.
 */
import { type Clock, systemClock } from './clock.ts';
import { isConflict } from './errors.ts';
import { microTime, readLease, withRecord } from './lease-record.ts';
import { get, update } from './objects.ts';
import { resources } from './resources.ts';
import type { Transport } from './transport.ts';

export type Appointment = {
	namespace: string;
	name: string;
	/** The epoch under which the present holder has the lease. */
	epoch: number;
	/** Identity of the new holder. */
	to: string;
	/** How long the new holder has until its silence counts. */
	durationMs: number;
};

/** The holder renews every other second, which may come between reading and writing; not three times in a row. */
const TRIES = 3;
const TIMEOUT_MS = 5_000;

/**
 * Appoints `to` under the next epoch.
 * @returns false when the lease is not what the decision was made on: gone, released, or of another epoch.
 * @throws KubeError when the API server did not do it.
 */
export async function appointHolder(
	transport: Transport,
	{ namespace, name, epoch, to, durationMs }: Appointment,
	clock: Clock = systemClock,
): Promise<boolean> {
	const call = { lane: 'urgent', timeoutMs: TIMEOUT_MS } as const;
	for (let tries = 1; ; tries += 1) {
		const lease = await get(transport, resources.leases, { namespace, name }, call);
		if (lease === undefined) return false;
		const record = readLease(lease);
		if (record.transitions !== epoch || record.holder === '') return false;
		const now = microTime(clock.wall());
		const next = {
			holder: to,
			durationSeconds: Math.ceil(durationMs / 1000),
			acquireTime: now,
			renewTime: now,
			transitions: epoch + 1,
		};
		try {
			await update(transport, resources.leases, withRecord(lease, next), call);
			return true;
		} catch (error) {
			if (!isConflict(error) || tries === TRIES) throw error;
		}
	}
}
