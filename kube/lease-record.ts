/**
 * The Lease object as an election record. Written back whole, so that labels, owners and fields of newer servers survive; times are strings,
 * because the server's MicroTime takes exactly six digits of a second and a Date holds three.
 */
import { apiVersionOf, type KubeObject, resources } from './resources.ts';

export type LeaseRecord = {
	/** Empty when the lease is free. */
	holder: string;
	durationSeconds: number | undefined;
	acquireTime: string | undefined;
	renewTime: string | undefined;
	transitions: number;
};

/** RFC 3339 with six digits, such as 2026-01-02T03:04:05.678000Z. */
export function microTime(date: Date): string {
	return date.toISOString().replace(/Z$/, '000Z');
}

type Spec = Record<string, unknown>;

function specOf(lease: KubeObject): Spec {
	return typeof lease.spec === 'object' && lease.spec !== null ? (lease.spec as Spec) : {};
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export function readLease(lease: KubeObject): LeaseRecord {
	const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = specOf(lease);
	return {
		holder: text(holderIdentity) ?? '',
		durationSeconds: number(leaseDurationSeconds),
		acquireTime: text(acquireTime),
		renewTime: text(renewTime),
		transitions: number(leaseTransitions) ?? 0,
	};
}

/** The lease with another record; everything else as it was read, its resourceVersion too. */
export function withRecord(lease: KubeObject, record: LeaseRecord): KubeObject {
	const spec: Spec = {
		...specOf(lease),
		holderIdentity: record.holder,
		leaseDurationSeconds: record.durationSeconds,
		acquireTime: record.acquireTime,
		renewTime: record.renewTime,
		leaseTransitions: record.transitions,
	};
	return { ...lease, spec };
}

export function newLease(namespace: string, name: string, record: LeaseRecord): KubeObject {
	return withRecord({ apiVersion: apiVersionOf(resources.leases), kind: 'Lease', metadata: { name, namespace } }, record);
}

export function sameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
	return (
		a.holder === b.holder &&
		a.renewTime === b.renewTime &&
		a.acquireTime === b.acquireTime &&
		a.transitions === b.transitions &&
		a.durationSeconds === b.durationSeconds
	);
}
