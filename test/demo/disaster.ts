/** The worst day: everything of a vault is gone, and comes back from one archive. */
import { z } from 'zod';
import { Archives } from '../install/archives.ts';
import { connect, tokenOf, waitFor } from '../install/installation.ts';
import { getObject } from '../install/kubectl.ts';
import { timed } from './measure.ts';
import { questions } from './memories.ts';
import type { Scene } from './trouble.ts';

/** From the command to the first decrypted answer, in milliseconds. */
const RESTORE_LIMIT_MS = 60_000;

/** Backs up, deletes the whole namespace, restores, and asks the same question with the same token. Needs nodes on this machine. */
export async function loseEverything({ story, target, vault, reach, asked }: Scene): Promise<void> {
	story.chapter('Back up, and prove it');
	if (!target.isRoutable) return story.tell('left out: it needs nodes on this machine for the volume of the archives');
	const { kubectl } = target;
	const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
	const archives = await Archives.prepare(target, vault);
	const patch = JSON.stringify({ spec: { backup: archives.spec } });
	await kubectl(['patch', 'runevault', vault.name, '-n', vault.namespace, '--type=merge', '-p', patch]);
	const made = await timed(() => archives.create());
	const { archive, bytes } = made.value;
	story.tell(`${archive}: ${bytes} bytes, written and decrypted with after ${seconds(made.milliseconds)} s`);
	story.check('the drill opened the archive and decrypted with its key', true);
	story.figure('backup_seconds', Number(seconds(made.milliseconds)));

	story.chapter('The whole namespace is lost, and restored');
	const keyOf = async () => {
		const status = (await getObject(kubectl, 'runevault', vault.name, vault.namespace))?.status;
		return z.object({ keys: z.object({ fingerprint: z.string() }) }).parse(status).keys.fingerprint;
	};
	const [token, key] = [await tokenOf(kubectl, vault), await keyOf()];
	await archives.loseNamespace();
	story.tell('no RuneVault, pod, Secret or RuneVaultBackup is left; the archive is, and the identity outside of the cluster');
	await archives.prepareRestore();
	const { milliseconds, value: answer } = await timed(async () => {
		await archives.restore(archive);
		const client = await connect(vault, reach, token, { retries: 40 });
		return asked.askAgain(client).finally(() => client.close());
	});
	story.figure('restore_seconds', Number(seconds(milliseconds)));
	story.tell(`first decrypted answer ${seconds(milliseconds)} s after kubectl apply of the RuneVaultRestore`);
	story.check('the same question with the same token gets the same answer', answer === questions[0]?.expect);
	story.check(`within ${RESTORE_LIMIT_MS / 1000} s`, milliseconds < RESTORE_LIMIT_MS);
	await waitFor(kubectl, vault, 'Ready');
	story.check('with the same key', (await keyOf()) === key);
	await archives.clear();
}
