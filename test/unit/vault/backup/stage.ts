/** A vault with a real key in the smallest API server, of which anything can be lost and brought back. */

import { loadSeal } from '../../../../fhe/seal.ts';
import { staticConfig } from '../../../../kube/config.ts';
import { createTransport, type Transport } from '../../../../kube/transport.ts';
import { openArchive, writeArchive } from '../../../../vault/backup/archive.ts';
import { proveArchive } from '../../../../vault/backup/drill.ts';
import { type Restored, type RestoreOptions, restoreArchive } from '../../../../vault/backup/restore.ts';
import { type Snapshot, takeSnapshot } from '../../../../vault/backup/snapshot.ts';
import { clusterKeyStore } from '../../../../vault/keys/cluster-store.ts';
import { ensureKeys } from '../../../../vault/keys/generate.ts';
import { tokens } from '../builders.ts';
import { type FakeApi, startFakeApi } from '../fake-api.ts';
import { secrets } from '../pod-home.ts';
import { type Holder, newHolder } from './archives.ts';

export const vaults = '/apis/runevault.io/v1alpha1/namespaces/rune/runevaults';
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

const labels = { 'runevault.io/vault': 'acme', 'app.kubernetes.io/managed-by': 'runevault' };

type Objects = FakeApi['objects'];
type Stored = NonNullable<ReturnType<Objects['get']>>;

/** What the operator makes of a vault, beside what keygen makes. */
export function addVault(objects: Objects): void {
	const put = (path: string, { metadata, ...rest }: { metadata: object; [field: string]: unknown }) =>
		objects.set(path, { ...rest, metadata: { name: path.split('/').at(-1) ?? '', namespace: 'rune', ...metadata } });
	const spec = { team: 'acme', access: { tokens: [{ name: 'team' }, { name: 'admin', role: 'Admin' }] } };
	put(`${vaults}/acme`, {
		apiVersion: 'runevault.io/v1alpha1',
		kind: 'RuneVault',
		metadata: { uid: 'u-1', annotations: { note: 'ours' } },
		spec,
	});
	put(`${secrets}/acme-verifiers`, { metadata: { labels }, data: { 'verifiers.json': base64('{"tokens":[]}') } });
	const owner = { apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', name: 'acme', uid: 'u-1', controller: true };
	const annotations = { 'runevault.io/generation': '3', 'runevault.io/applied': 'digest' };
	for (const [name, token] of [
		['team', tokens.team],
		['admin', tokens.admin],
	] as const) {
		const metadata = { labels, annotations, ownerReferences: [owner] };
		put(`${secrets}/acme-token-${name}`, { kind: 'Secret', type: 'Opaque', metadata, data: { token: base64(token) } });
	}
	put(`${secrets}/acme-ca`, {
		kind: 'Secret',
		type: 'kubernetes.io/tls',
		metadata: { labels },
		data: { 'tls.crt': 'Y2E=', 'tls.key': 'a2V5' },
	});
}

export class BackupStage {
	readonly api: FakeApi;
	readonly transport: Transport;
	readonly holder: Holder;
	/** Every object there was before anything was lost. */
	#whole: Objects = new Map();

	private constructor(api: FakeApi, holder: Holder) {
		this.api = api;
		this.holder = holder;
		const { server } = JSON.parse(api.kubeconfig).clusters[0].cluster;
		this.transport = createTransport(staticConfig(server, { headers: {}, tls: {} }), { userAgent: 'test' });
	}

	static async create(): Promise<BackupStage> {
		const stage = new BackupStage(await startFakeApi(), await newHolder());
		await stage.keygen();
		addVault(stage.api.objects);
		stage.#whole = new Map(stage.api.objects);
		return stage;
	}

	async keygen(): Promise<void> {
		const store = clusterKeyStore({ ...this.place, labels });
		await ensureKeys(store, await loadSeal(), { team: 'acme', version: 1, dimension: 1024 });
	}

	get place() {
		return { transport: this.transport, namespace: 'rune', vault: 'acme' };
	}

	/** All that was there, but what lies below these paths. */
	lose(...paths: string[]): void {
		this.api.objects.clear();
		for (const [path, object] of this.#whole) if (!paths.some(each => path.startsWith(each))) this.api.objects.set(path, object);
	}

	put(path: string, object: { metadata?: object; [field: string]: unknown }): void {
		const metadata = { name: path.split('/').at(-1) ?? '', namespace: 'rune', ...object.metadata };
		this.api.objects.set(path, { ...object, metadata });
	}

	/** An object as it was. */
	was(path: string): Stored {
		const object = this.#whole.get(path);
		if (object === undefined) throw new Error(`there was no ${path}`);
		return object;
	}

	dataOf = (path: string): Record<string, string> => Object(this.api.objects.get(path)).data;

	get fingerprint(): string {
		return JSON.parse(Buffer.from(Object(this.was(`${secrets}/acme-keys-1`)).data['key.json'], 'base64').toString()).fingerprint;
	}

	snapshot(kekFile?: string): Promise<Snapshot> {
		return takeSnapshot({ ...this.place, kekFile, writtenBy: 'test', now: new Date('2026-11-25T03:00:00Z') });
	}

	async backup(kekFile?: string): Promise<Uint8Array> {
		const { description, parts } = await this.snapshot(kekFile);
		return writeArchive(description, parts, [this.holder.recipient]);
	}

	async prove(bytes: Uint8Array, kekFile?: string): Promise<string> {
		using archive = await openArchive(bytes, this.holder.identity);
		return await proveArchive(await loadSeal(), archive, kekFile);
	}

	async restore(bytes: Uint8Array, change: Partial<RestoreOptions> = {}): Promise<Restored> {
		using archive = await openArchive(bytes, this.holder.identity);
		return await restoreArchive(archive, { ...this.place, labels, kekFile: undefined, fingerprint: undefined, ...change });
	}

	/** The KEK of the vault as a file that somebody else keeps. */
	kekBytes = (): Buffer => Buffer.from(Object(this.was(`${secrets}/acme-kek`)).data.kek, 'base64');

	async close(): Promise<void> {
		await this.transport.close();
		this.api.close();
	}
}

export const readPart = (parts: ReadonlyMap<string, Uint8Array>, name: string): unknown =>
	JSON.parse(Buffer.from(parts.get(name) ?? []).toString('utf8'));
