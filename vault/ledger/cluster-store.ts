/**
 * The ledger in ConfigMap `<name>-ledger`. A write names the version it was made from, so that of two pods that write at once the second
 * reads anew. It is a patch, for which a pod needs no right to anything else of the object.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { LedgerData } from '../../crds/ledger.ts';
import { VaultError } from '../../fhe/errors.ts';
import { isConflict } from '../../kube/errors.ts';
import { get, patchMerge } from '../../kube/objects.ts';
import { type KubeObject, resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { LedgerStore, Snapshot } from './store.ts';

const FIELD_MANAGER = 'runevault-vault';
/** As many pods as there may be write at once, and one of them gets through each time. */
const ATTEMPTS = 12;
const TIMEOUT_MS = 2000;
const PAUSE_MS = 20;

const dataSchema = z.record(z.string(), z.string());

export type ClusterStoreOptions = { transport: Transport; namespace: string; name: string };

export function clusterLedgerStore({ transport, namespace, name }: ClusterStoreOptions): LedgerStore {
	const place = { namespace, name };
	const call = { timeoutMs: TIMEOUT_MS };

	async function find(): Promise<KubeObject> {
		const map = await get(transport, resources.configMaps, place, call);
		if (map === undefined) throw new VaultError('not_ready', `ConfigMap ${name} is not there`);
		return map;
	}

	/** @returns undefined when somebody else was first. */
	async function tryUpdate(change: (newest: Snapshot) => LedgerData): Promise<Snapshot | undefined> {
		const map = await find();
		const before = snapshotOf(map);
		const patch = changed(before.data, change(before));
		if (Object.keys(patch).length === 0) return before;
		const body = { metadata: { resourceVersion: map.metadata.resourceVersion }, data: patch };
		try {
			return snapshotOf(await patchMerge(transport, resources.configMaps, place, body, { fieldManager: FIELD_MANAGER, ...call }));
		} catch (error) {
			if (isConflict(error)) return undefined;
			throw error;
		}
	}

	return {
		read: async () => snapshotOf(await find()),
		async update(change) {
			for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
				const done = await tryUpdate(change);
				if (done !== undefined) return done;
				await sleep(Math.random() * PAUSE_MS * attempt);
			}
			throw new VaultError('not_ready', `ConfigMap ${name} was written by others ${ATTEMPTS} times in a row`);
		},
	};
}

function snapshotOf({ data, metadata }: KubeObject): Snapshot {
	const parsed = dataSchema.safeParse(data ?? {});
	return { data: parsed.success ? parsed.data : {}, uid: metadata.uid ?? '' };
}

/** The fields that differ; null for those that are to go. */
function changed(before: LedgerData, after: LedgerData): Record<string, string | null> {
	const gone = Object.keys(before).filter(field => !Object.hasOwn(after, field));
	const written = Object.entries(after).filter(([field, text]) => before[field] !== text);
	return Object.fromEntries([...gone.map(field => [field, null] as const), ...written]);
}
