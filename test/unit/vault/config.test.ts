/** The pod's configuration file. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig, readConfig } from '../../../vault/config.ts';
import { testConfig } from './builders.ts';

describe('configuration', () => {
	it('takes what the operator writes', () => assert.deepEqual(parseConfig(JSON.stringify(testConfig()), 'config.json'), testConfig()));

	it('[VLT-40] takes a directory for audit records', () => {
		const audit = { directory: '/var/lib/runevault/audit' };
		assert.deepEqual(parseConfig(JSON.stringify(testConfig({ audit })), 'config.json').audit, audit);
	});

	const broken: [string, unknown, RegExp][] = [
		['a missing field', { ...testConfig(), team: undefined }, /^configuration config\.json: team: /],
		['an unknown field', { ...testConfig(), teem: 'acme' }, /^configuration config\.json: teem: /],
		['a field out of range', testConfig({ limits: { topK: 11, callsPerMinute: 600, failedAuthPerMinute: 20 } }), /: limits\.topK: /],
		['no key version', testConfig({ keys: { directory: '/k', versions: [], kekFile: '/kek' } }), /: keys\.versions: /],
		[
			'a fingerprint of another kind',
			testConfig({ keys: { directory: '/k', versions: [1], kekFile: '/kek', fingerprint: 'md5:00' } }),
			/: keys\.fingerprint: /,
		],
		['an audit directory that is none', { ...testConfig(), audit: { directory: '' } }, /: audit\.directory: /],
		['a list', [], /: \(root\): /],
	];
	for (const [name, value, message] of broken) {
		it(`[VLT-20] ${name} is refused in one line that names it`, () => {
			assert.throws(() => parseConfig(JSON.stringify(value), 'config.json'), { code: 'invalid_argument', message });
			assert.throws(
				() => parseConfig(JSON.stringify(value), 'config.json'),
				(error: Error) => !error.message.includes('\n'),
			);
		});
	}
	it('[VLT-20] a file that is not JSON', () =>
		assert.throws(() => parseConfig('{', 'config.json'), { message: 'configuration config.json: not JSON' }));
	it('[VLT-20] a file that is not there', async () => {
		await assert.rejects(readConfig('/nowhere/config.json'), { message: 'cannot read the configuration file /nowhere/config.json' });
	});
});
