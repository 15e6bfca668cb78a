/** One search over a few memories, whose encrypted answer can be shown to a Vault again and again. */
import { loadEnglishModel } from '../../client/embed.ts';
import { connectEnvector } from '../../client/envector.ts';
import { openRune } from '../../client/rune.ts';
import { loadSeal } from '../../fhe/seal.ts';
import { startEnvector } from '../envector/server.ts';
import { connect, type VaultName } from './installation.ts';
import type { Reach } from './reach.ts';

/** Stores the texts and asks the question. @returns the encrypted scores */
export async function searchOnce(
	vault: VaultName,
	reach: Reach,
	token: string,
	texts: readonly string[],
	question: string,
): Promise<Uint8Array> {
	const envector = await startEnvector({ seal: await loadSeal() });
	const client = await connect(vault, reach, token, { retries: 20 });
	try {
		using rune = await openRune({
			vault: client,
			envector: connectEnvector(envector.url),
			index: vault.name,
			embed: await loadEnglishModel(),
		});
		await rune.createIndex();
		await rune.remember([...texts]);
		return (await rune.recall(question, texts.length)).blob;
	} finally {
		await client.close();
		await envector.close();
	}
}
