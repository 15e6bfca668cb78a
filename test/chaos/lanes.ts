/** The Vaults that are put to the test, all alike: one fault that hits all of them at once gives as many measurements as there are lanes. */
import { z } from 'zod';
import { createEncryptor } from '../../fhe/encrypt.ts';
import { parseEncKeyJson } from '../../fhe/formats/envelope.ts';
import { loadSeal } from '../../fhe/seal.ts';
import {
	applyManifest,
	authorityOf,
	connect,
	createNamespace,
	manifest,
	PUBLIC_PORT,
	reachVault,
	type Target,
	type VaultName,
} from '../install/installation.ts';
import { until } from '../install/run.ts';
import type { StreamSpec } from './client/protocol.ts';
import { TOP_K } from './client/request.ts';
import type { Cluster } from './cluster.ts';
import { lack } from './view.ts';

/** The least dimension: one ciphertext a blob, so that a call costs as little as a call can. */
const DIMENSION = 32;
/** What a decrypted coordinate may be off by: noise, and the rounding to four decimals. */
const TOLERANCE = 1e-3;

const STEADY = 'steady';
export const ROTATED = 'rotated';

export type Lane = { readonly vault: VaultName; readonly stream: StreamSpec };

/** Nothing here limits the client but the Vault's speed; a refused token must show as 401, never as a lock-out's 429. */
const specOf = (generation: number) => ({
	keys: { dimension: DIMENSION },
	// The calls carry Query blobs, which can have no guard rows, and know the exact answer.
	protection: { guardRows: 0, smudge: '0' },
	access: { ...tokensOf(generation), limits: { callsPerMinute: 1_000_000, failedAuthPerMinute: 10_000 } },
});

export const tokensOf = (generation: number) => ({
	tokens: [
		{ name: STEADY, role: 'Member', generation: 1 },
		{ name: ROTATED, role: 'Member', generation },
	],
});

/** The generation of the token that is rotated; 1 where there is no such RuneVault yet. */
export async function generationOf(cluster: Cluster, vault: VaultName): Promise<number> {
	const schema = z.object({ access: z.object({ tokens: z.array(z.object({ name: z.string(), generation: z.int() })) }) });
	const parsed = schema.safeParse((await cluster.spec(vault))?.spec);
	return parsed.data?.access.tokens.find(token => token.name === ROTATED)?.generation ?? 1;
}

/** Makes the Vaults, or finds them, and a call for each whose right answer is known. */
export async function createLanes(target: Target, cluster: Cluster, count: number): Promise<Lane[]> {
	const vaults = Array.from({ length: count }, (_, index) => ({ namespace: `chaos-${index + 1}`, name: `acme${index + 1}` }));
	for (const vault of vaults) {
		await until(`the former ${vault.namespace} gone`, async () => !(await cluster.isTerminating(vault.namespace)), 180_000);
		await createNamespace(target.kubectl, vault.namespace);
		await applyManifest(target.kubectl, manifest(vault, specOf(await generationOf(cluster, vault))));
	}
	for (const vault of vaults) await untilWhole(cluster, vault, 0);
	const lanes: Lane[] = [];
	for (const vault of vaults) lanes.push({ vault, stream: await streamFor(target, cluster, vault) });
	return lanes;
}

export async function removeLanes(target: Target, lanes: readonly Lane[]): Promise<void> {
	for (const { vault } of lanes) await target.kubectl(['delete', 'namespace', vault.namespace, '--wait=false', '--ignore-not-found']);
}

/** @throws Error with what the lane lacks when it does not become whole */
export async function untilWhole(cluster: Cluster, vault: VaultName, epoch: number, timeoutMs = 240_000): Promise<void> {
	await until(
		`${vault.namespace} whole`,
		async () => {
			const lacks = lack(await cluster.lane(vault), epoch);
			if (lacks !== undefined) throw new Error(lacks);
			return true;
		},
		timeoutMs,
		250,
	);
}

/** Encrypts a vector under the Vault's public key; a query blob decrypts to its coordinates, so the best rows are known. */
async function streamFor(target: Target, cluster: Cluster, vault: VaultName): Promise<StreamSpec> {
	const [token, address] = [await cluster.token(vault, STEADY), await cluster.serviceAddress(vault)];
	const reach = await reachVault(target, vault);
	try {
		const client = await connect(vault, reach, token, { retries: 20 });
		const key = await client.publicKey();
		const vector = Float32Array.from({ length: key.dimension }, (_, i) => Math.sin(i + 1) / 4);
		using encryptor = createEncryptor(await loadSeal(), parseEncKeyJson(key['EncKey.json']), key.dimension);
		const blob = encryptor.query(vector);
		const { results } = await client.decryptScores(blob, TOP_K);
		await client.close();
		checkAnswer(results, vector);
		return {
			id: vault.namespace,
			origin: `https://${address}:${PUBLIC_PORT}`,
			host: `${vault.name}.${vault.namespace}.svc`,
			ca: await authorityOf(target.kubectl, vault),
			token,
			blob: Buffer.from(blob).toString('base64'),
			expected: JSON.stringify(results),
		};
	} finally {
		await reach.close();
	}
}

/** @throws Error when a healthy Vault's answer is not the plaintext's best coordinates */
function checkAnswer(results: readonly { row_idx: number; score: number }[], vector: Float32Array): void {
	const best = [...vector.entries()].sort(([, a], [, b]) => b - a).slice(0, TOP_K);
	const isRight = best.every(([row, value], at) => results[at]?.row_idx === row && Math.abs(results[at].score - value) < TOLERANCE);
	if (!isRight || results.length !== TOP_K) throw new Error('a healthy Vault answers with other rows than were encrypted');
}
