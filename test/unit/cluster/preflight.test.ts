import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Facts, goViolations, listeningPorts, violations } from '../../cluster/preflight.ts';

const GIGABYTE = 1024 ** 3;
const allCapabilities = (1n << 41n) - 1n;

const facts = (changes: Partial<Facts> = {}): Facts => ({
	platform: 'linux',
	uid: 0,
	capabilities: allCapabilities,
	hasCgroups: true,
	hasOverlay: true,
	freeBytes: { '/var/lib': 50 * GIGABYTE },
	freeMemoryBytes: 8 * GIGABYTE,
	packages: [],
	hasApt: true,
	unbuilt: [],
	go: 'go1.26.8',
	takenPorts: [],
	...changes,
});

describe('what the machine must have', () => {
	it('says nothing when all is there', () => assert.deepEqual(violations(facts()), []));

	const cases: readonly [string, Partial<Facts>, RegExp][] = [
		['not Linux', { platform: 'darwin' }, /^this is darwin: the cluster needs Linux/],
		['not root', { uid: 1000 }, /^not root: /],
		[
			'no network administration',
			{ capabilities: allCapabilities & ~(1n << 12n) },
			/^no CAP_NET_ADMIN: this root may not make network namespaces/,
		],
		['no mounting', { capabilities: allCapabilities & ~(1n << 21n) }, /^no CAP_SYS_ADMIN: /],
		['no control groups', { hasCgroups: false }, /^no control groups: /],
		['no overlay', { hasOverlay: false }, /^no overlayfs: /],
		['a full disk', { freeBytes: { '/var/lib': 5.9 * GIGABYTE } }, /^no room: 5\.9 GB free for \/var\/lib, 6 GB needed$/],
		['little memory', { freeMemoryBytes: GIGABYTE }, /^no memory: 1\.0 GB available, 2 GB needed$/],
		['no Debian', { hasApt: false, packages: ['runc', 'socat'] }, /install runc, socat yourself/],
		['no Go', { go: undefined, unbuilt: ['helm'] }, /^no go on the PATH: Go 1\.26 or newer is needed to build helm$/],
		['an old Go', { go: 'go1.19.8', unbuilt: ['helm'] }, /^go1\.19\.8 is too old: /],
		['a taken port', { takenPorts: [6443] }, /^port 6443 is taken/],
	];
	for (const [name, changes, line] of cases) {
		it(`[CLU-31] one clear line for ${name}`, () => {
			const lines = violations(facts(changes));
			assert.equal(lines.length, 1);
			assert.match(lines[0] ?? '', line);
		});
	}

	it('[CLU-31] names everything that is missing at once', () => {
		assert.equal(violations(facts({ hasCgroups: false, hasOverlay: false, takenPorts: [2379] })).length, 3);
	});

	for (const go of ['go1.26.0', 'go1.27rc1', 'go2.0', 'devel', undefined]) {
		it(`needs no Go (here ${go}) when everything is built`, () => assert.deepEqual(goViolations({ unbuilt: [], go }), []));
	}
	for (const [go, isEnough] of [
		['go1.26.0', true],
		['go1.27rc1', true],
		['go2.0', true],
		['go1.25.9', false],
		['devel', false],
	] as const) {
		it(`takes ${go} to be ${isEnough ? 'enough' : 'too old'}`, () =>
			assert.equal(goViolations({ unbuilt: ['helm'], go }).length, isEnough ? 0 : 1));
	}
});

describe('listening ports', () => {
	it('reads those in state LISTEN from /proc/net/tcp', () => {
		const table = [
			'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
			'   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
			'   1: 0100007F:094B 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1',
		].join('\n');
		assert.deepEqual(listeningPorts(table), [6443]);
	});
});
