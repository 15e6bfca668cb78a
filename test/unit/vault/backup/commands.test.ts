/** backup, drill and restore as the Jobs run them: processes, their last words, and what they leave. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backup } from '../../../../vault/commands/backup.ts';
import { UsageError } from '../../../../vault/commands/command.ts';
import { drill } from '../../../../vault/commands/drill.ts';
import { finished, PodHome, secrets } from '../pod-home.ts';
import { type Holder, newHolder } from './archives.ts';
import { addVault } from './stage.ts';

const NAME = 'vault_keys_backup_2026-11-25T030000Z-0123abcd.age';
const OLDER = 'vault_keys_backup_2026-11-01T030000Z-0123abcd.age';

type Run = { code: number | null; stdout: string; stderr: string; word: string };

describe('vault backup, drill, restore', () => {
	let home: PodHome;
	let holder: Holder;
	before(async () => {
		home = await PodHome.create();
		holder = await newHolder();
		writeFileSync(home.file('identity'), `# created: today\n# public key: ${holder.recipient}\n${holder.identity}\n`);
		writeFileSync(home.file('other'), (await newHolder()).identity);
		assert.equal(await finished(home.run('keygen')), 0);
		addVault(home.api.objects);
	});
	after(() => home.close());

	async function run(command: string, ...args: string[]): Promise<Run> {
		const log = home.file('termination-log');
		writeFileSync(log, '');
		const child = home.run(command, args, { TERMINATION_LOG: log });
		const output = { stdout: '', stderr: '' };
		child.stdout?.on('data', data => (output.stdout += data));
		child.stderr?.on('data', data => (output.stderr += data));
		const code = await finished(child);
		return { code, ...output, word: readFileSync(log, 'utf8') };
	}
	const archives = () => home.file('archives');
	const from = () => ['--archive', NAME, '--directory', archives(), '--identity', home.file('identity')];
	const fingerprint = () => Object(home.api.objects.get(`${secrets}/acme-keys-1`)).metadata.annotations['runevault.io/fingerprint'];

	it('[BKP-7] a backup leaves one archive, and tells its size, digest and fingerprint', async () => {
		const made = await run('backup', '--vault', 'acme', '--archive', NAME, '--recipient', holder.recipient, '--directory', archives());
		assert.equal(made.stderr, '');
		assert.equal(made.code, 0);
		const bytes = readFileSync(join(archives(), NAME));
		const sha256 = createHash('sha256').update(bytes).digest('hex');
		assert.deepEqual(JSON.parse(made.stdout), { archive: NAME, bytes: bytes.length, sha256, fingerprint: fingerprint(), removed: 0 });
		assert.equal(made.word, made.stdout.trim());
		assert.deepEqual(readdirSync(archives()), [NAME]);
	});

	it('[BKP-5] a drill that fails leaves its word, and removes nothing', async () => {
		copyFileSync(join(archives(), NAME), join(archives(), OLDER));
		const { code, stdout, stderr, word } = await run('drill', ...from(), '--retain', '1', '--identity', home.file('other'));
		assert.deepEqual([code, stdout, word], [1, '', 'IdentityWrong']);
		assert.equal(stderr, 'vault drill: the archive was not encrypted for this identity\n');
		assert.deepEqual(readdirSync(archives()).sort(), [OLDER, NAME]);
	});

	it('[BKP-5] [BKP-8] a drill proves the archive, and then removes old ones', async () => {
		const { code, stdout, stderr } = await run('drill', ...from(), '--retain', '1');
		assert.equal(stderr, '');
		assert.equal(code, 0);
		const { createdAt: _, ...said } = JSON.parse(stdout);
		assert.deepEqual(said, { fingerprint: fingerprint(), vault: 'acme', namespace: 'rune', removed: 1 });
		assert.deepEqual(readdirSync(archives()), [NAME]);
	});

	it('[BKP-9] with everything lost, a restore brings back the same key, tokens and CA, and the resource', async () => {
		const before = new Map(home.api.objects);
		const print = fingerprint();
		home.api.objects.clear();
		const { code, stdout, stderr } = await run('restore', '--vault', 'acme', ...from());
		assert.equal(stderr, '');
		assert.equal(code, 0);
		const names = ['acme-kek', 'acme-keys-1', 'acme-token-team', 'acme-token-admin', 'acme-ca'];
		const { made, fingerprint: restored } = JSON.parse(stdout);
		assert.deepEqual([...made].sort(), ['RuneVault acme', ...names.map(name => `Secret ${name}`)].sort());
		assert.equal(restored, print);
		for (const name of names) {
			const path = `${secrets}/${name}`;
			assert.deepEqual(Object(home.api.objects.get(path)).data, Object(before.get(path)).data, name);
		}
	});

	it('[BKP-13] a throw-away identity is made once, opens the archive, and is none of somebody else', async () => {
		const secret = `${secrets}/nightly-drill`;
		addVault(home.api.objects);
		const backUp = () =>
			run(
				'backup',
				...['--vault', 'acme', '--archive', NAME, '--recipient', holder.recipient, '--directory', archives()],
				...['--drill-secret', 'nightly-drill'],
			);
		assert.equal(await finished(home.run('keygen')), 0, 'the canaries are back');
		assert.equal((await backUp()).stderr, '');
		const made = Object(home.api.objects.get(secret));
		assert.deepEqual(made.metadata.ownerReferences[0].uid, 'u-1');
		assert.equal((await backUp()).stderr, '', 'as when the Job runs again');
		assert.deepEqual(Object(home.api.objects.get(secret)).data, made.data);
		writeFileSync(home.file('throw-away'), Buffer.from(made.data.identity, 'base64'));
		const { code, stderr } = await run('drill', ...from(), '--identity', home.file('throw-away'));
		assert.deepEqual([code, stderr], [0, '']);
		home.api.objects.set(secret, { ...made, metadata: { ...made.metadata, ownerReferences: [] } });
		assert.equal((await backUp()).word, 'NameTaken');
	});

	const place = ['--directory', '/nowhere'];
	const wrong: [string, typeof backup, string[], RegExp][] = [
		['backup without a vault', backup, ['--archive', NAME, '--recipient', 'age1x', ...place], /^--vault is needed$/],
		['backup without a recipient', backup, ['--vault', 'acme', '--archive', NAME, ...place], /^--recipient is needed$/],
		['backup to a name that is none', backup, ['--vault', 'acme', '--archive', '../x', '--recipient', 'age1x'], /^--archive must be/],
		['drill of half a digest', drill, ['--file', 'x', '--bytes', '1'], /^--bytes and --sha256 need each other$/],
		['drill that removes beside a file', drill, ['--file', 'x', '--retain', '1'], /^--retain needs --archive$/],
	];
	for (const [name, command, args, message] of wrong) {
		it(`[BKP-12] ${name}: one line that names the option`, async () => {
			await assert.rejects(command.run(args), (error: unknown) => error instanceof UsageError && message.test(error.message));
		});
	}
});
