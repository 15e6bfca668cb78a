/** Operators that take the lead from each other while there is always something to write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, patchMerge } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import { FakeNode } from './fake-node.ts';
import { applyVault, OPERATOR_NAMESPACE, type OperatorRun, runOperator, untilCondition, World } from './fixture.ts';

const vault = { namespace: 'lead', name: 'acme' };
const LEASE = { namespace: OPERATOR_NAMESPACE, name: 'runevault-operator' };
/** For what was under way when the lease was lost. */
const LAST_WRITES_MS = 500;
/** Of a term, without the renewals of its lease. */
const written = ({ writes }: OperatorRun) => writes.filter(({ path }) => !path.endsWith(`/leases/${LEASE.name}`)).length;

let world: World;
let node: FakeNode;
const runs: OperatorRun[] = [];
const over = new AbortController();
before(async () => {
	world = await World.start();
	node = new FakeNode(world, vault);
	await world.namespace(vault.namespace);
});
after(async () => {
	over.abort();
	await Promise.all(runs.map(run => run.stop()));
	await world?.stop();
});

function start(name: string): OperatorRun {
	const env = { LEADER_ELECTION: 'Enabled', WATCH_NAMESPACES: vault.namespace, POD_NAME: name };
	const run = runOperator(world, { ask: node.ask, env });
	runs.push(run);
	return run;
}

const holder = async (): Promise<string> => Object((await get(world.admin, resources.leases, LEASE))?.spec).holderIdentity;
const untilLeads = (name: string, withinMs: number) => until(`${name} leads`, async () => (await holder()) === name, withinMs, 10);

/** Writes another's name, or nobody's, into the lease. */
const give = (holderIdentity: string) => patchMerge(world.admin, resources.leases, LEASE, { spec: { holderIdentity } });

/** Edits what the operator owns, without end: it has to be put back each time. */
async function keepEditing(): Promise<void> {
	for (let port = 1; !over.signal.aborted; port++) {
		await patchMerge(world.admin, resources.services, vault, { spec: { ports: [{ name: 'mcp', port }] } });
		await sleep(20);
	}
}

const portOf = async () => Object((await node.read(resources.services, vault.name))?.spec).ports[0].port;

/** Waits until the operator has written so many times more. */
function untilWritten(run: OperatorRun, times: number, withinMs: number): Promise<boolean> {
	const wanted = written(run) + times;
	return until(`${times} writes`, async () => written(run) >= wanted, withinMs, 10);
}

describe('an operator whose lease is taken', () => {
	it('[OPR-52] stops writing at once, keeps process and caches, and goes on when it has it again', async t => {
		const run = start('first');
		await applyVault(world, vault);
		await node.keygen();
		await node.runPods();
		await untilCondition(world, vault, 'Ready', 'True');
		keepEditing().catch(() => undefined);
		await untilWritten(run, 10, 10_000);

		await give('somebody-else');
		const taken = performance.now();
		let [count, lastAt] = [written(run), taken];
		let hasEnded = false;
		void run.ended.then(() => {
			hasEnded = true;
		});
		const watches = run.watches();
		const isQuiet = async () => {
			if (written(run) !== count) [count, lastAt] = [written(run), performance.now()];
			return performance.now() - lastAt > 3_000;
		};
		await until('three seconds without a write', isQuiet, 20_000, 5);
		t.diagnostic(`last write ${(lastAt - taken).toFixed(0)} ms after the lease was taken`);
		assert.ok(lastAt - taken < LAST_WRITES_MS, `still writing ${lastAt - taken} ms after the lease was taken`);
		assert.notEqual(await portOf(), 8443, 'nobody puts the port back');
		assert.ok(!hasEnded);
		assert.equal(run.operator.health.notReady(), undefined);
		assert.equal(run.operator.health.notAlive(), undefined);

		await give('');
		const freed = performance.now();
		await untilWritten(run, 5, 5_000);
		t.diagnostic(`five writes ${(performance.now() - freed).toFixed(0)} ms after it was free again`);
		assert.equal(await holder(), 'first');
		assert.equal(run.watches(), watches, 'the caches are the same');
	});

	it('[OPR-22] [OPR-52] gives the lease back when it ends: the other works within three seconds', async t => {
		const [first] = runs;
		assert.ok(first);
		const second = start('second');
		await until('the caches of the second', async () => second.operator.health.notReady() === undefined, 10_000, 20);
		assert.equal(written(second), 0);
		const stopped = performance.now();
		await first.stop();
		await untilLeads('second', 3_000);
		await untilWritten(second, 1, 3_000);
		t.diagnostic(`the second writes ${(performance.now() - stopped).toFixed(0)} ms after the first was told to stop`);
		assert.ok(performance.now() - stopped < 3_000);
		const count = written(first);
		await untilWritten(second, 5, 5_000);
		assert.equal(written(first), count);
	});
});
