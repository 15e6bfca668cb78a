/** The losses of docs/recovery.md on a real cluster, each until a client of before has its answer again; and the end of a namespace without an operator. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { findTarget } from '../../demo/target.ts';
import { Archives } from '../../install/archives.ts';
import {
	applyManifest,
	connect,
	createNamespace,
	installCrds,
	installOperator,
	manifest,
	OPERATOR_NAMESPACE,
	reachVault,
	type Target,
	tokenOf,
	type VaultName,
	waitFor,
} from '../../install/installation.ts';
import { getObject } from '../../install/kubectl.ts';
import type { Reach } from '../../install/reach.ts';
import { until } from '../../install/run.ts';
import { searchOnce } from '../../install/search.ts';

const namespace = `deletion-${randomBytes(3).toString('hex')}`;
const acme = { namespace, name: 'acme' };
/** Its KEK is a file. */
const filed = { namespace, name: 'filed' };
const KEK = 'own-kek';
const CRDS = ['runevaults', 'runevaultbackups', 'runevaultrestores'].map(plural => `${plural}.runevault.io`);
/** The volume is a folder of a node on this machine. */
const skip = process.env.CLUSTER === 'current' && 'needs nodes on this machine';

describe('what is deleted on a real cluster', { skip }, () => {
	let target: Target;
	let archives: Archives;
	const members = new Map<VaultName, Member>();
	const memberOf = (vault: VaultName): Member => members.get(vault) as Member;
	const kubectl = (...args: string[]) => target.kubectl(args, { timeoutMs: 150_000 });
	const kekFile = {
		apiVersion: 'v1',
		kind: 'Secret',
		metadata: { namespace, name: KEK },
		stringData: { kek: randomBytes(32).toString('hex') },
	};
	const specs = new Map<VaultName, Record<string, unknown>>();

	before(async () => {
		target = await findTarget(process.env);
		await installOperator(target);
		await createNamespace(target.kubectl, namespace);
		archives = await Archives.prepare(target, acme);
		await archives.giveIdentity();
		await applyManifest(target.kubectl, kekFile);
		const kek = { type: 'File', file: { volume: { secret: { secretName: KEK } } } };
		specs.set(acme, { replicas: 2, backup: archives.spec });
		specs.set(filed, { replicas: 1, backup: archives.spec, keys: { dimension: 512, kek } });
		for (const [vault, spec] of specs) await applyManifest(target.kubectl, manifest(vault, spec));
		for (const vault of specs.keys()) {
			await waitFor(target.kubectl, vault, 'Ready');
			await waitFor(target.kubectl, vault, 'Progressing', 'False');
			members.set(vault, await Member.of(target, vault));
		}
	});
	after(async () => {
		for (const member of members.values()) await member.close();
		await target?.kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
		await archives?.clear();
	});

	it('[CLU-70] every pod at once: they come back by themselves', async t => {
		const answer = await memberOf(acme).ask();
		const started = performance.now();
		// It waits until none is left that could still answer.
		await kubectl('delete', 'pods', '-l', 'runevault.io/vault=acme,app.kubernetes.io/component=vault', '-n', namespace);
		assert.deepEqual(await memberOf(acme).ask(), answer);
		tell(t, 'every pod', started);
		await waitFor(target.kubectl, acme, 'Ready');
	});

	it('[CLU-71] the RuneVault: a restore brings it back, with the same tokens', async t => {
		const answer = await memberOf(acme).ask();
		const { archive } = await archives.create();
		await kubectl('delete', 'runevault', acme.name, '-n', namespace);
		const started = performance.now();
		await archives.restore(archive);
		assert.deepEqual(await memberOf(acme).ask(), answer);
		tell(t, 'RuneVault, restored', started);
		await waitFor(target.kubectl, acme, 'Ready');
	});

	it('[CLU-72] a KEK that is a file, with the key and the RuneVault: put back, and restored beside the RuneVault', async t => {
		const [answer, its] = [await memberOf(filed).ask(), archives.of(filed.name)];
		const { archive } = await its.create();
		await archives.takeIdentity();
		await kubectl('delete', 'runevault', filed.name, '-n', namespace);
		await kubectl('delete', 'secret', `${filed.name}-keys-1`, KEK, '-n', namespace);
		const started = performance.now();
		await applyManifest(target.kubectl, kekFile);
		await its.askForRestore(archive);
		await applyManifest(target.kubectl, manifest(filed, specs.get(filed)));
		await archives.giveIdentity();
		await its.untilRestored();
		assert.deepEqual(await memberOf(filed).ask(), answer);
		tell(t, 'KEK file', started);
	});

	it('[CLU-73] the CRDs: keys and archives stay, and a restore brings each RuneVault back', async t => {
		const all = await kubectl('get', 'runevaults', '-A', '-o', 'jsonpath={.items[*].metadata.namespace}');
		if (all.split(' ').some(each => each !== namespace)) return t.skip('others have RuneVaults in this cluster');
		const answer = await memberOf(acme).ask();
		const { archive } = await archives.create();
		const key = await getObject(target.kubectl, 'secret', 'acme-keys-1', namespace);
		let started = 0;
		try {
			await kubectl('delete', 'crd', ...CRDS, '--timeout=60s');
			assert.equal((await getObject(target.kubectl, 'secret', 'acme-keys-1', namespace))?.metadata.uid, key?.metadata.uid);
		} finally {
			started = performance.now();
			await installCrds(target);
		}
		const installed = performance.now();
		await archives.restore(archive);
		assert.deepEqual(await memberOf(acme).ask(), answer);
		tell(t, `CRDs, of which their own installation was ${seconds(installed - started)}`, started);
		await waitFor(target.kubectl, acme, 'Ready');
		assert.equal((await getObject(target.kubectl, 'secret', 'acme-keys-1', namespace))?.metadata.uid, key?.metadata.uid);
	});

	it('[CLU-74] the namespace, while the operator is away: all of it goes', async t => {
		const place = ['-n', OPERATOR_NAMESPACE];
		const { replicas } = z
			.object({ replicas: z.number() })
			.parse((await getObject(target.kubectl, 'deployment', 'runevault', OPERATOR_NAMESPACE))?.spec);
		await kubectl('scale', 'deployment', 'runevault', '--replicas=0', ...place);
		try {
			const pods = () => kubectl('get', 'pods', '-l', 'app.kubernetes.io/name=runevault', '-o', 'name', ...place);
			await until('no operator', async () => (await pods()).trim() === '');
			const started = performance.now();
			await kubectl('delete', 'namespace', namespace, '--timeout=120s');
			tell(t, 'end of a namespace without an operator', started);
		} finally {
			await kubectl('scale', 'deployment', 'runevault', `--replicas=${replicas}`, ...place);
		}
	});
});

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
const tell = (t: TestContext, what: string, started: number) => t.diagnostic(`${what}: ${seconds(performance.now() - started)}`);

/** A client whose address, token and authority are those of before any loss, with the encrypted answer to a question of that time. */
class Member {
	readonly #vault: VaultName;
	readonly #reach: Reach;
	readonly #token: string;
	readonly #blob: Uint8Array;

	private constructor(vault: VaultName, reach: Reach, token: string, blob: Uint8Array) {
		this.#vault = vault;
		this.#reach = reach;
		this.#token = token;
		this.#blob = blob;
	}

	static async of(target: Target, vault: VaultName): Promise<Member> {
		const reach = await reachVault(target, vault);
		const token = await tokenOf(target.kubectl, vault);
		const texts = ['We decided to use PostgreSQL as the database.', 'Fridays are free of meetings.'];
		return new Member(vault, reach, token, await searchOnce(vault, reach, token, texts, 'Which database did we choose?'));
	}

	/** Has the scores decrypted. @returns the best first */
	async ask(): Promise<number[]> {
		const client = await connect(this.#vault, this.#reach, this.#token, { retries: 40 });
		try {
			return (await client.decryptScores(this.#blob, 2)).results.map(({ index }) => index);
		} finally {
			await client.close();
		}
	}

	close(): Promise<void> {
		return this.#reach.close();
	}
}
