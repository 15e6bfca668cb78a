/** verifiers.json as the kubelet mounts it: a link to a directory that is swapped. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Verifiers, watchVerifiers } from '../../../vault/auth/verifiers.ts';

const verifiers = (...tokens: [string, number][]) =>
	JSON.stringify({
		tokens: tokens.map(([token, generation]) => ({
			name: 'team',
			role: 'Member',
			generation,
			sha256: createHash('sha256').update(token).digest('hex'),
		})),
	});

describe('watchVerifiers', () => {
	let directory = '';
	let watched: Verifiers | undefined;
	let version = 0;

	/** Publishes a content as the kubelet does: a new directory, then one rename of the `..data` link. */
	const publish = (text: string) => {
		version += 1;
		mkdirSync(join(directory, `..v${version}`));
		writeFileSync(join(directory, `..v${version}`, 'verifiers.json'), text);
		symlinkSync(`..v${version}`, join(directory, '..data_tmp'));
		renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
	};
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'verifiers-'));
		publish(verifiers(['old', 1]));
		symlinkSync('..data/verifiers.json', join(directory, 'verifiers.json'));
	});
	afterEach(() => {
		watched?.close();
		rmSync(directory, { recursive: true });
	});

	const watchFile = (pollMs: number) => {
		let changed: (problem: string | undefined) => void = () => undefined;
		const next = () => new Promise<string | undefined>(resolve => (changed = resolve));
		watched = watchVerifiers(join(directory, 'verifiers.json'), { pollMs, onChange: problem => changed(problem) });
		return { verifiers: watched, next };
	};

	it('[VLT-6] adopts a swapped file without a restart, and drops what is no longer in it', async () => {
		const { verifiers: current, next } = watchFile(60_000);
		const changed = next();
		publish(verifiers(['new', 2]));
		assert.equal(await changed, undefined);
		assert.equal(current.check('old').ok, false);
		assert.equal(current.check('new').ok, true);
		assert.deepEqual(current.generations(), { team: 2 });
		assert.deepEqual(current.ids(), { team: [createHash('sha256').update('new').digest('hex').slice(0, 16)] });
	});

	it('[VLT-6] keeps the last good one when the new one is broken, says so, and recovers', async () => {
		const { verifiers: current, next } = watchFile(20);
		const broken = next();
		publish('{"tokens": [{"name": "team"}]}');
		assert.match((await broken) ?? '', /verifiers\.json: tokens\.0\.role is not valid$/);
		assert.match(current.problem() ?? '', /tokens\.0\.role/);
		assert.equal(current.check('old').ok, true);
		const mended = next();
		publish(verifiers(['old', 1], ['new', 2]));
		assert.equal(await mended, undefined);
		assert.equal(current.problem(), undefined);
		assert.equal(current.check('new').ok, true);
	});

	it('[VLT-20] does not start without a readable file', () => {
		publish('nothing');
		assert.throws(() => watchVerifiers(join(directory, 'verifiers.json')), {
			message: /^unreadable verifiers: .*verifiers\.json: not JSON$/,
		});
		assert.throws(() => watchVerifiers(join(directory, 'absent.json')), { message: /^unreadable verifiers: cannot read .*absent\.json$/ });
	});
});
