/** The program of `helm test`, against an API server and an operator that each have something wrong in turn. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { KubeError } from '../../../kube/errors.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { checkAll, checksOf } from '../../../operator/check.ts';

const answers = {
	'/apis/runevault.io/v1alpha1': { resources: [{ name: 'runevaults' }] } as unknown,
	'/apis/runevault.io/v1alpha1/runevaults': { items: [] } as unknown,
	'/apis/runevault.io/v1alpha1/namespaces/one/runevaults': { items: [] } as unknown,
	'/apis/coordination.k8s.io/v1/namespaces/home/leases/runevault-operator': { spec: { holderIdentity: 'operator-0' } } as unknown,
};
type Path = keyof typeof answers;

/** @param changed answers, or errors, in the place of the right ones */
function apiServer(changed: Partial<Record<Path, unknown>>): Transport {
	const request = async ({ path }: KubeRequest) => {
		const answer = { ...answers, ...changed }[path as Path];
		if (answer instanceof Error) throw answer;
		if (answer === undefined) throw new KubeError(404, 'NotFound', `${path} not found`);
		return answer;
	};
	return { request } as Transport;
}

type Wrong = { changed?: Partial<Record<Path, unknown>>; health?: number; watchNamespaces?: string[] };

async function check({ changed = {}, health = 200, watchNamespaces = [] }: Wrong) {
	const server = createServer((_, response) => response.writeHead(health).end()).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const lines: string[] = [];
	const hasPassed = await checkAll(checksOf({ url, namespace: 'home', watchNamespaces }, apiServer(changed)), 1, line => lines.push(line));
	server.close();
	server.closeAllConnections();
	return { hasPassed, lines };
}

describe('helm test', () => {
	it('[CHT-8] passes when all holds, in all namespaces or in those watched', async () => {
		const whole = await check({});
		assert.ok(whole.hasPassed);
		assert.equal(whole.lines.length, 4);
		const one = await check({
			watchNamespaces: ['one'],
			changed: { '/apis/runevault.io/v1alpha1/runevaults': new Error('not asked for') },
		});
		assert.ok(one.hasPassed);
		assert.ok(one.lines.includes('ok: the operator may read RuneVaults in one'));
	});

	const forbidden = new KubeError(403, 'Forbidden', 'runevaults.runevault.io is forbidden');
	const wrong: [what: string, Wrong, line: RegExp][] = [
		[
			'without the CRD',
			{ changed: { '/apis/runevault.io/v1alpha1': undefined } },
			/^FAILED: the API server serves RuneVaults: .*not found/,
		],
		[
			'with another CRD of the group',
			{ changed: { '/apis/runevault.io/v1alpha1': { resources: [{ name: 'others' }] } } },
			/^FAILED: the API server serves RuneVaults: .*runevault-crds/,
		],
		[
			'without rights',
			{ changed: { '/apis/runevault.io/v1alpha1/runevaults': forbidden } },
			/^FAILED: the operator may read RuneVaults in every namespace: .*forbidden/,
		],
		['with an operator that is not ready', { health: 503 }, /^FAILED: an operator is ready: \/readyz answers 503/],
		[
			'without a leader',
			{ changed: { '/apis/coordination.k8s.io/v1/namespaces/home/leases/runevault-operator': { spec: {} } } },
			/^FAILED: an operator leads: /,
		],
	];
	for (const [what, options, line] of wrong) {
		it(`[CHT-8] fails ${what}, and says the rest holds`, async () => {
			const { hasPassed, lines } = await check(options);
			assert.equal(hasPassed, false);
			const failed = lines.filter(each => each.startsWith('FAILED'));
			assert.equal(failed.length, 1, failed.join('\n'));
			assert.match(failed[0] ?? '', line);
		});
	}
});
