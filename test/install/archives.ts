/** Backups of a RuneVault onto a volume, and its way back after its whole namespace is lost. */
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import { applyManifest, createNamespace, type Target, type VaultName } from './installation.ts';
import { getObject } from './kubectl.ts';
import { runPlugin } from './plugin.ts';
import { until } from './run.ts';
import { claimVolume, makeVolume, removeVolume } from './volume.ts';

const CLAIM = 'archives';
const IDENTITY = 'recovery';
const DESTINATION = { type: 'Volume', volume: { claimName: CLAIM } };

const statusSchema = z.object({
	archive: z.string(),
	bytes: z.number(),
	conditions: z.array(z.object({ type: z.string(), status: z.string() })),
});

export class Archives {
	/** Of the team, kept outside of the cluster. */
	readonly identity: string;
	/** The destination as this machine sees it. */
	readonly folder: string;
	/** `spec.backup` of the RuneVault. */
	readonly spec: Record<string, unknown>;
	readonly #target: Target;
	readonly #vault: VaultName;

	private constructor(target: Target, vault: VaultName, identity: string, spec: Record<string, unknown>, folder: string) {
		this.#target = target;
		this.#vault = vault;
		this.identity = identity;
		this.spec = spec;
		this.folder = folder;
	}

	/** Makes an identity, and a volume for the archives, claimed in the namespace of the vault. Needs nodes on this machine. */
	static async prepare(target: Target, vault: VaultName): Promise<Archives> {
		const identity = await generateX25519Identity();
		const folder = await makeVolume(target.kubectl, vault.namespace);
		await claimVolume(target.kubectl, vault.namespace, vault.namespace, CLAIM);
		const spec = { recipients: [await identityToRecipient(identity)], destination: DESTINATION };
		return new Archives(target, vault, identity, spec, folder);
	}

	/** Those of another vault of the namespace, at the same destination for the same identity. */
	of(name: string): Archives {
		return new Archives(this.#target, { ...this.#vault, name }, this.identity, this.spec, this.folder);
	}

	/** `kubectl runevault backup create`, until the drill has proved the archive. @returns its name and size */
	async create(): Promise<{ archive: string; bytes: number }> {
		const { name, namespace } = this.#vault;
		const said = await runPlugin(this.#target, ['backup', 'create', name, '-n', namespace]);
		const backup = /^RuneVaultBackup (\S+)/.exec(said)?.[1] ?? '';
		const object = await getObject(this.#target.kubectl, 'runevaultbackup', backup, namespace);
		const { archive, bytes, conditions } = statusSchema.parse(object?.status);
		const isProved = conditions.some(({ type, status }) => type === 'Verified' && status === 'True');
		if (!isProved) throw new Error(`${backup} is not proved: ${said}`);
		return { archive, bytes };
	}

	/** Deletes the namespace and all that is in it, and waits until it is gone. The volume's folder is elsewhere, as a bucket would be. */
	async loseNamespace(): Promise<void> {
		const { kubectl } = this.#target;
		await kubectl(['delete', 'namespace', this.#vault.namespace, '--timeout=120s'], { timeoutMs: 130_000 });
		await removeVolume(kubectl, this.#vault.namespace);
	}

	/** An empty namespace, with a claim to the archives and the identity: what has to be there for a restore. */
	async prepareRestore(): Promise<void> {
		const { kubectl } = this.#target;
		const { namespace } = this.#vault;
		await createNamespace(kubectl, namespace);
		await makeVolume(kubectl, namespace);
		await claimVolume(kubectl, namespace, namespace, CLAIM);
		await this.giveIdentity();
	}

	/** Puts the identity into the cluster. */
	async giveIdentity(): Promise<void> {
		const { kubectl } = this.#target;
		const { namespace } = this.#vault;
		const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: IDENTITY } };
		await applyManifest(kubectl, { ...secret, stringData: { identity: this.identity } });
	}

	/** A restore that is asked for waits without it, and holds its RuneVault. */
	async takeIdentity(): Promise<void> {
		await this.#target.kubectl(['delete', 'secret', IDENTITY, '-n', this.#vault.namespace]);
	}

	/** Asks for a restore from the archive alone, and waits until it is done. @throws Error with what the restore says */
	async restore(archive: string): Promise<void> {
		await this.askForRestore(archive);
		await this.untilRestored();
	}

	async askForRestore(archive: string): Promise<void> {
		const { namespace, name: vault } = this.#vault;
		const spec = { vault, identitySecretName: IDENTITY, source: { archive, destination: DESTINATION } };
		const metadata = { namespace, name: vault };
		await applyManifest(this.#target.kubectl, { apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVaultRestore', metadata, spec });
	}

	/** @throws Error with what the restore says */
	async untilRestored(): Promise<void> {
		const { kubectl } = this.#target;
		const { namespace, name: vault } = this.#vault;
		await until(
			'the restore',
			async () => {
				const status = (await getObject(kubectl, 'runevaultrestore', vault, namespace))?.status;
				const conditions = (status?.conditions ?? []) as { status: string; reason: string; message: string }[];
				if (conditions.some(condition => condition.status === 'True')) return true;
				throw new Error(conditions.map(({ reason, message }) => `${reason}: ${message}`).join() || 'not seen yet');
			},
			60_000,
			100,
		);
	}

	/** Leaves no volume behind. */
	async clear(): Promise<void> {
		await this.#target.kubectl(['delete', 'persistentvolume', this.#vault.namespace, '--ignore-not-found', '--wait=false']);
	}
}
