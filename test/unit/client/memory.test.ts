/** The client, the stand-in for the search service and a Vault with all protections, over HTTP. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectEnvector, type Envector } from '../../../client/envector.ts';
import { RuneError } from '../../../client/errors.ts';
import { openRune } from '../../../client/rune.ts';
import { connectVault, type Vault } from '../../../client/vault.ts';
import { loadSeal } from '../../../fhe/seal.ts';
import { type Envector as EnvectorServer, startEnvector } from '../../envector/server.ts';
import { unitVectors } from '../envector/items.ts';
import { newKeyring, protectedConfig, type RunningVault, startVault, testConfig, tokens } from '../vault/builders.ts';

const DIMENSION = 64;
const GROUP = 128;
const GUARDS = 16;
/** Eight deviations of the noise, of which one in 80,000 scores is farther off. */
const TOLERANCE = 8 * 5e-3;

/** Any text has a vector that points anywhere. */
const embed = async (texts: readonly string[]) => texts.flatMap(text => unitVectors(text, 1, DIMENSION));
const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `memory ${from + i}`);

describe('a memory with all protections', () => {
	let server: EnvectorServer;
	let running: RunningVault;
	let vault: Vault;
	let envector: Envector;
	before(async () => {
		server = await startEnvector({ seal: await loadSeal() });
		const provenance = { mode: 'Required' as const, publicKeys: [server.signingKey] };
		const config = testConfig({ dimension: DIMENSION, ...protectedConfig({ provenance }) });
		running = await startVault({ config, keyring: (await newKeyring(config)).keyring });
		vault = await connectVault({ url: `${running.origin}/mcp`, token: tokens.team });
		envector = connectEnvector(server.url);
	});
	after(async () => {
		await vault.close();
		await Promise.all([running.close(), server.close()]);
	});

	it('[CLI-23] begins each group with guard rows, and finds what it stored on either side of them', async () => {
		using rune = await openRune({ vault, envector, index: 'groups', embed });
		await rune.createIndex();
		const memories = texts(0, 130);
		const rows = await rune.remember(memories);
		const inFirst = GROUP - GUARDS;
		assert.deepEqual([rows[0], rows[inFirst - 1], rows[inFirst]], [GUARDS, GROUP - 1, GROUP + GUARDS]);
		assert.equal(await envector.count('groups'), 130 + 2 * GUARDS);
		for (const asked of [0, inFirst - 1, inFirst, 129]) {
			const [best] = (await rune.recall(`memory ${asked}`, 3)).memories;
			assert.deepEqual([best?.text, best?.row], [`memory ${asked}`, rows[asked]]);
			assert.ok(Math.abs((best?.score ?? 0) - 1) < TOLERANCE);
		}
	});

	it('[CLI-24] two clients that store at once keep the guard rows in their places', async () => {
		using one = await openRune({ vault, envector, index: 'both', embed });
		using other = await openRune({ vault, envector, index: 'both', embed });
		await one.createIndex();
		const stored = await Promise.all([one.remember(texts(0, 60)), other.remember(texts(60, 120))]);
		assert.equal(new Set(stored.flat()).size, 120);
		assert.ok(stored.flat().every(row => row % GROUP >= GUARDS));
		for (const asked of [0, 59, 60, 119]) {
			assert.equal((await other.recall(`memory ${asked}`, 1)).memories[0]?.text, `memory ${asked}`);
		}
	});

	it('[CLI-25] searches again when the Vault has taken the envelope already', async () => {
		let isFirst = true;
		const repeating: Vault = {
			...vault,
			// The first answer gets lost on its way, and the call is repeated as it was.
			decryptScores: async (...call) => {
				if (isFirst) await vault.decryptScores(...call);
				isFirst = false;
				return vault.decryptScores(...call);
			},
		};
		using rune = await openRune({ vault: repeating, envector, index: 'again', embed });
		await rune.createIndex();
		await rune.remember(texts(0, 3));
		assert.equal((await rune.recall('memory 1', 1)).memories[0]?.text, 'memory 1');
	});

	it('[CLI-25] gives up when the second search is refused as well', async () => {
		using rune = await openRune({
			vault,
			envector: { ...envector, search: (index, query) => envector.search(index, query, 'somebody else') },
			index: 'theirs',
			embed,
		});
		await rune.createIndex();
		await rune.remember(texts(0, 3));
		await assert.rejects(rune.recall('memory 1', 1), error => error instanceof RuneError && error.code === 'result_refused');
	});

	it('[CLI-23] an index that was filled without guard rows is refused', async () => {
		const key = await vault.publicKey();
		const careless: Vault = { ...vault, publicKey: async () => ({ ...key, guard_rows: 0 }) };
		using rune = await openRune({ vault: careless, envector, index: 'careless', embed });
		await rune.createIndex();
		await rune.remember(texts(0, 40));
		await assert.rejects(rune.recall('memory 1', 1), error => error instanceof RuneError && error.code === 'refused');
	});
});
