import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { watchStatus } from '../../../../client/kubectl/watch-status.ts';
import type { RuneVault } from '../../../../crds/runevault.ts';
import { systemClock } from '../../../../kube/clock.ts';
import { json, type Received, status, withStub } from '../../kube/api-stub.ts';
import { aPod, aVault } from './builders.ts';

type Answers = { vaults?: (response: ServerResponse) => void; pods?: (response: ServerResponse) => void; vault?: RuneVault };

const CLEAR = '\u001b[H\u001b[2J';
const END = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '10', annotations: { 'k8s.io/initial-events-end': 'true' } } } };
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

/** A watch that begins with these objects and stays open. */
const watching = (objects: readonly unknown[]) => (response: ServerResponse) => {
	response.writeHead(200, { 'content-type': 'application/json' });
	response.write([...objects.map(object => event('ADDED', object)), `${JSON.stringify(END)}\n`].join(''));
};

/** What is printed until `isEnough`; then Ctrl-C is pressed. */
async function watched(answers: Answers, isTerminal: boolean, isEnough: (printed: string[]) => boolean, change?: () => void) {
	const printed: string[] = [];
	const { vault = aVault(), vaults = watching([vault]), pods = watching([versioned(aPod('acme-0'))]) } = answers;
	const answer = ({ url }: Received, response: ServerResponse) => {
		const { pathname, searchParams } = new URL(url, 'http://api');
		if (!searchParams.has('watch')) return json(response, 200, pathname.endsWith('/acme') ? vault : { metadata: {}, items: [] });
		return pathname.endsWith('/pods') ? pods(response) : vaults(response);
	};
	await withStub(answer, async ({ transport }) => {
		const interrupt = new AbortController();
		const print = (text: string) => {
			printed.push(text);
			if (printed.length === 1) change?.();
			if (isEnough(printed)) interrupt.abort();
		};
		const screen = { isTerminal, interrupted: () => interrupt.signal };
		const nothing = () => Promise.reject(new Error('not here'));
		const read = () => {
			throw new Error('not here');
		};
		const session = { transport, namespace: 'rune', clock: systemClock, print, tell: () => undefined, screen, forward: nothing, read };
		await watchStatus(session, { name: 'acme', isEverywhere: false });
	});
	return printed;
}

const versioned = <T extends { metadata: object }>(object: T, resourceVersion = '10') => ({
	...object,
	metadata: { ...object.metadata, resourceVersion },
});

describe('kubectl runevault status --watch', () => {
	it('[CLI-40] clears a terminal before each block, and draws when something changes', async () => {
		let stream: ServerResponse | undefined;
		const vaults = (response: ServerResponse) => {
			stream = response;
			watching([aVault()])(response);
		};
		const change = () => stream?.write(event('MODIFIED', aVault({ status: {} }, { resourceVersion: '11' })));
		const [first, second] = await watched({ vaults }, true, printed => printed.length === 2, change);
		assert.ok(first?.startsWith(`${CLEAR}rune/acme  Ready\n`));
		assert.ok(second?.startsWith(`${CLEAR}rune/acme  Not ready`));
	});

	it('[CLI-40] writes no control characters where there is no terminal', async () => {
		const [first] = await watched({}, false, printed => printed.length === 1);
		assert.match(first ?? '', /^rune\/acme {2}Ready\n/);
		assert.match(first ?? '', /acme-0 {2}primary/);
	});

	it('[CLI-40] does without the right to list pods', async () => {
		const forbidden = (response: ServerResponse) => json(response, 403, status(403, 'Forbidden'));
		const [first] = await watched({ pods: forbidden }, false, printed => printed.length === 1);
		assert.match(first ?? '', /you may not list pods/);
	});

	it('[CLI-40] says in one line that RuneVaults may not be watched', async () => {
		const forbidden = (response: ServerResponse) => json(response, 403, status(403, 'Forbidden'));
		await assert.rejects(
			watched({ vaults: forbidden }, false, () => false),
			{ message: 'status --watch needs the right to watch runevaults: refused: Forbidden' },
		);
	});
});
