import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../../../../client/kubectl/arguments.ts';
import { kubectl } from './fake-cluster.ts';

const MAIN = fileURLToPath(new URL('../../../../client/kubectl/main.ts', import.meta.url));

describe('kubectl runevault: command line', () => {
	for (const [line, message] of [
		['frobnicate', /no such command: frobnicate/],
		['status --colour', /--colour/],
		['status a b', /unexpected argument b/],
		['status -o yaml', /--output must be json/],
		['status -A -n rune', /--all-namespaces and --namespace/],
		['status acme -A', /--all-namespaces and NAME/],
		['status --no-wait', /--no-wait is no option/],
		['status --namespace=', /--namespace must not be empty/],
		['status --watch -o json', /--watch and --output/],
		['events acme --watch', /events: --watch is no option/],
		['plan', /plan: no --filename/],
		['plan new.yaml', /plan: unexpected argument new\.yaml/],
		['plan -f new.yaml --failover', /plan: --failover is no option/],
		['explain acme beta', /explain: unexpected argument beta/],
		['explain acme Ready KeysLoaded', /explain: unexpected argument KeysLoaded/],
		['report', /report: no NAME/],
		['connect', /connect: no NAME/],
		['connect acme --client emacs', /--client must be one of claude, gemini, codex, vscode, json/],
		['connect acme --token=evt_acme_x', /--token/],
		['completion', /completion: no SHELL/],
		['pause', /pause: no NAME/],
		['resume acme --failover', /resume: --failover is no option/],
		['promote', /promote: no NAME/],
		['promote acme a b', /promote: unexpected argument b/],
		['promote acme --failover', /promote: --failover is no option/],
		['promote acme --timeout 1', /--timeout must be a duration/],
		['promote acme --timeout 1m --no-wait', /--no-wait and --timeout/],
		['pause acme --all-namespaces', /--all-namespaces is no option/],
		['events acme beta', /unexpected argument beta/],
		['rotate key acme team', /only a token can be rotated, not key/],
		['rotate token acme', /rotate: no TOKEN/],
		['rotate token acme team --timeout soon', /--timeout must be a duration/],
		['rotate token acme team --timeout 1m --no-wait', /--no-wait and --timeout/],
		['backup', /backup: create or list/],
		['backup verify acme', /backup: create or list, not verify/],
		['backup create', /backup create: no NAME/],
		['backup list acme --no-wait', /backup list: --no-wait is no option/],
		['restore acme --identity key', /restore: --from is needed/],
		['restore acme --from nightly', /restore: --identity is needed/],
	] as const) {
		it(`[CLI-5] ${line} exits with 2 and says ${message.source}`, async () => {
			const { code, err, received } = await kubectl(line.split(' '), {});
			assert.equal(code, 2);
			assert.match(err, message);
			assert.equal(received.length, 0);
		});
	}

	it('options may come before and after the command', () => {
		const expected = { command: 'pause', name: 'acme', pause: 'reconcile', namespace: 'rune' };
		assert.deepEqual(readArguments(['-n', 'rune', 'pause', 'acme']), expected);
		assert.deepEqual(readArguments(['pause', 'acme', '--namespace', 'rune']), expected);
	});

	it('promote takes a pod or none, and waits a minute unless told', () => {
		const read = (...words: string[]) => readArguments(['promote', ...words]);
		const expected = { command: 'promote', name: 'acme', pod: undefined, waitMs: 60_000, namespace: undefined };
		assert.deepEqual(read('acme'), expected);
		assert.deepEqual(read('acme', 'acme-1', '--timeout=5s'), { ...expected, pod: 'acme-1', waitMs: 5_000 });
		assert.deepEqual(read('acme', '--no-wait'), { ...expected, waitMs: undefined });
	});

	it('rotate waits two minutes unless told', () => {
		const waitMs = (...more: string[]) => Object(readArguments(['rotate', 'token', 'acme', 'team', ...more])).waitMs;
		assert.deepEqual([waitMs(), waitMs('--timeout', '1m30s'), waitMs('--no-wait')], [120_000, 90_000, undefined]);
	});

	it('prints its help', async () => {
		for (const argv of [[], ['--help'], ['status', '-h']]) {
			const { code, out } = await kubectl(argv, {});
			assert.equal(code, 0);
			assert.match(out, /kubectl runevault rotate token NAME TOKEN/);
		}
	});

	it('the program says in one line that there is no cluster', () => {
		const env = { PATH: process.env.PATH, HOME: '/nowhere' };
		const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'status'], { env, encoding: 'utf8' });
		assert.deepEqual([status, stdout], [1, '']);
		assert.match(stderr, /^kubectl runevault: no cluster: KUBECONFIG is not set.*\n$/);
	});
});
