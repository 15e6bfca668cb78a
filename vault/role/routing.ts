/**
 * Where the clients' Service leads: the holder of the lease writes its own address into the EndpointSlice.
 *
 * The operator applies the slice's metadata, address type and ports; `endpoints` is an atomic list under a field manager of its own, so the two
 * never take a field from each other. Each write carries the resourceVersion that was read, so a holder that wakes from a stall cannot
 * overwrite its successor; and over its own or a later epoch, or after any refusal, it writes only when the lease still names it. A slice that was deleted is not made anew here: the operator does, and the watch tells.
 */
import { apply } from '../../kube/apply.ts';
import { Backoff } from '../../kube/backoff.ts';
import { Bell } from '../../kube/bell.ts';
import { type Clock, type Random, random, systemClock } from '../../kube/clock.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { readLease } from '../../kube/lease-record.ts';
import { get } from '../../kube/objects.ts';
import { apiVersionOf, type KubeObject, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { watchObject } from '../../kube/watch-object.ts';

export const FIELD_MANAGER = 'runevault-vault';
export const EPOCH_ANNOTATION = 'runevault.io/epoch';

export type RoutingOptions = {
	transport: Transport;
	namespace: string;
	endpointSlice: string;
	leaseName: string;
	/** Name of the pod, which is also its identity in the lease. */
	podName: string;
	podIp: string;
	/** The route leads here, as of this epoch. */
	onRouted?: (epoch: number) => void;
	onError?: (error: unknown) => void;
	clock?: Clock;
	random?: Random;
};

/** Holds the route for one term: resolves when the signal is aborted or the lease names another. */
export type HoldRoute = (epoch: number, signal: AbortSignal) => Promise<void>;

export function createRouting(options: RoutingOptions): HoldRoute {
	const { transport, namespace, endpointSlice, leaseName, podName, podIp } = options;
	const { onRouted = () => undefined, onError = () => undefined, clock = systemClock, random: draw = random } = options;
	const place = { namespace, name: endpointSlice };

	async function isStillHolder(epoch: number, signal: AbortSignal): Promise<boolean> {
		const lease = await get(transport, resources.leases, { namespace, name: leaseName }, { lane: 'urgent', signal });
		// A lease that is gone names nobody else; the elector decides how long that may last.
		if (lease === undefined) return true;
		const { holder, transitions } = readLease(lease);
		return holder === podName && transitions === epoch;
	}

	async function write(slice: KubeObject, epoch: number, signal: AbortSignal): Promise<KubeObject> {
		const { uid, resourceVersion } = slice.metadata;
		return apply(transport, resources.endpointSlices, desiredRoute({ namespace, endpointSlice, podName, podIp, epoch, uid }), {
			fieldManager: FIELD_MANAGER,
			force: true,
			resourceVersion,
			lane: 'urgent',
			signal,
		});
	}

	return async (epoch, signal) => {
		const bell = new Bell(clock);
		const backoff = new Backoff({ baseMs: 50, capMs: 1000, resetAfterMs: 5000, clock, random: draw });
		const done = new AbortController();
		const until = AbortSignal.any([signal, done.signal]);
		let slice: KubeObject | undefined;
		/** A first write over an earlier epoch needs no proof: a successor would have left a later one, or writes after us. */
		let isFirst = true;

		const watching = watchObject({
			...{
				transport,
				resource: resources.endpointSlices,
				namespace,
				name: endpointSlice,
				lane: 'urgent',
				signal: until,
				onError,
				clock,
				random: draw,
			},
			onState(state) {
				slice = state;
				bell.ring();
			},
		});

		/** Brings the route here if it is not. Returns false when it is no longer ours to hold. */
		async function ensure(): Promise<boolean> {
			if (slice === undefined || isRoutedTo(slice, podIp, epoch)) return true;
			const needsProof = !isFirst || epochOf(slice) >= epoch;
			isFirst = false;
			if (needsProof && !(await isStillHolder(epoch, until))) return false;
			slice = await write(slice, epoch, until);
			onRouted(epoch);
			return true;
		}

		while (!until.aborted) {
			try {
				if (!(await ensure())) break;
				await bell.wait(Number.POSITIVE_INFINITY, until);
			} catch (error) {
				if (until.aborted) break;
				if (!isConflict(error) && !isNotFound(error)) onError(error);
				await clock.sleep(backoff.next(), until);
				slice = await get(transport, resources.endpointSlices, place, { lane: 'urgent', signal: until }).catch(() => slice);
			}
		}
		done.abort();
		await watching;
	};
}

type Route = { namespace: string; endpointSlice: string; podName: string; podIp: string; epoch: number; uid?: string | undefined };

/** What the holder applies: its fields of the slice, and nothing of the operator's. The uid keeps it from writing into a successor of that name. */
function desiredRoute({ namespace, endpointSlice, podName, podIp, epoch, uid }: Route): KubeObject {
	return {
		apiVersion: apiVersionOf(resources.endpointSlices),
		kind: resources.endpointSlices.kind,
		metadata: {
			name: endpointSlice,
			namespace,
			...(uid === undefined ? {} : { uid }),
			annotations: { [EPOCH_ANNOTATION]: String(epoch) },
		},
		endpoints: [
			{
				addresses: [podIp],
				conditions: { ready: true, serving: true, terminating: false },
				targetRef: { kind: 'Pod', namespace, name: podName },
			},
		],
	};
}

/** -1 when nobody has routed yet. */
function epochOf(slice: KubeObject): number {
	const epoch = Number.parseInt(slice.metadata.annotations?.[EPOCH_ANNOTATION] ?? '', 10);
	return Number.isNaN(epoch) ? -1 : epoch;
}

function isRoutedTo(slice: KubeObject, podIp: string, epoch: number): boolean {
	const endpoints = Array.isArray(slice.endpoints) ? slice.endpoints : [];
	const addresses = endpoints.flatMap(endpoint => endpoint?.addresses ?? []);
	const isReady = endpoints.every(endpoint => endpoint?.conditions?.ready === true);
	return addresses.length === 1 && addresses[0] === podIp && isReady && slice.metadata.annotations?.[EPOCH_ANNOTATION] === String(epoch);
}
