/** A vault for tests that have very many of them: it finds its key made, and answers from memory once it rests. */
import { create } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { LABELS, MANAGER } from '../../../operator/desired/names.ts';
import { ANSWERS, FakeNode, FINGERPRINT } from './fake-node.ts';
import { applyVault, type VaultName, type World } from './fixture.ts';

export class RestingNode extends FakeNode {
	readonly #world: World;
	readonly #vault: VaultName;
	readonly #memory = new Map<string, Promise<KubeObject | undefined>>();
	isResting = false;

	constructor(world: World, vault: VaultName) {
		super(world, vault);
		this.#world = world;
		this.#vault = vault;
	}

	/** Of the addresses of its pods, with the last dot. */
	get prefix(): string {
		const ip = this.ip(0);
		return ip.slice(0, ip.lastIndexOf('.') + 1);
	}

	override read(resource: Resource, name: string): Promise<KubeObject | undefined> {
		if (!this.isResting) return super.read(resource, name);
		const id = `${resource.kind}/${name}`;
		const known = this.#memory.get(id) ?? super.read(resource, name);
		this.#memory.set(id, known);
		return known;
	}

	/** Makes the namespace, the RuneVault, its key as that of a predecessor, and its pods. */
	async serve(): Promise<void> {
		const { admin } = this.#world;
		const { namespace, name } = this.#vault;
		await this.#world.namespace(namespace);
		const labels = { [LABELS.managedBy]: MANAGER, [LABELS.vault]: name };
		const made = (kind: string, suffix: string, rest: object): KubeObject => ({
			...{ apiVersion: 'v1', kind, ...rest },
			metadata: { namespace, labels, name: this.name(suffix), ...Object(rest).metadata },
		});
		await create(admin, resources.secrets, made('Secret', '-kek', { data: { kek: 'AAAA' } }));
		const annotations = { 'runevault.io/fingerprint': FINGERPRINT };
		await create(admin, resources.secrets, made('Secret', '-keys-1', { metadata: { annotations } }));
		const { uid = '' } = (await applyVault(this.#world, this.#vault)).metadata;
		const owner = { apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', name, uid, controller: true };
		const canaries = { metadata: { ownerReferences: [owner] }, data: { 'answers.json': JSON.stringify(ANSWERS) } };
		await create(admin, resources.configMaps, made('ConfigMap', '-canaries', canaries));
		await this.runPods();
	}
}
