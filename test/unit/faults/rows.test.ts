import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstStandby, primaryOf } from '../../faults/cut.ts';
import { rulesOf } from '../../faults/isolate.ts';
import { readOptions } from '../../faults/options.ts';
import { nameOf, PARTIES, rows } from '../../faults/rows.ts';
import type { Witness } from '../../faults/witness.ts';

const podsOf = (...names: string[]): Witness['view']['pods'] =>
	names.map(name => ({ name, node: 'node1', address: '10.0.0.1', isReady: true }));
const witnessOf = (holder: string, ...names: string[]): Pick<Witness, 'view' | 'term'> => ({
	view: { generation: 1, replicas: 3, status: {}, pods: podsOf(...names) },
	term: { holder, epoch: 1, renewedAt: 0 },
});

describe('the partition matrix', () => {
	it('has every subset of the parties once', () => {
		assert.equal(rows.length, 2 ** PARTIES.length);
		assert.equal(new Set(rows.map(nameOf)).size, rows.length);
		for (const { cut } of rows)
			assert.deepEqual(
				cut,
				PARTIES.filter(party => cut.includes(party)),
			);
	});

	it('expects clients to notice only when the primary is cut off', () => {
		for (const { cut, outcome } of rows) assert.equal(outcome === 'unnoticed', !cut.includes('primary'));
	});

	it('expects nobody to move clients without the API server', () => {
		for (const { cut, outcome } of rows) assert.equal(outcome === 'stranded', cut.includes('primary') && cut.includes('API server'));
	});

	it('cuts off the pod of the Lease, and the first standby by ordinal', () => {
		const seen = witnessOf('acme-0', 'acme-10', 'acme-0', 'acme-2');
		assert.equal(primaryOf(seen).name, 'acme-0');
		assert.equal(firstStandby(seen).name, 'acme-2');
		assert.throws(() => primaryOf(witnessOf('', 'acme-0')), /names nobody/);
		assert.throws(() => firstStandby(witnessOf('acme-0', 'acme-0')), /no standby/);
	});

	it('drops packets both ways', () => {
		const ends = rulesOf('10.0.0.1').map(([chain, end, address, ...rest]) => [chain, end, address, rest.at(-1)]);
		assert.deepEqual(ends, [
			['FORWARD', '--source', '10.0.0.1', 'DROP'],
			['FORWARD', '--destination', '10.0.0.1', 'DROP'],
		]);
	});
});

describe('the options of make faults', () => {
	it('are one run of every row unless told otherwise', () => {
		assert.deepEqual(readOptions({}), { runs: 1, rows, lanes: 1, isAppending: false, isKeeping: false });
		const some = readOptions({ RUNS: '3', ROWS: '8,0', LANES: '2', APPEND: '1', KEEP: '1' });
		assert.deepEqual(
			[some.runs, some.rows.map(row => row.number), some.lanes, some.isAppending, some.isKeeping],
			[3, [8, 0], 2, true, true],
		);
	});

	it('are refused by name', () => {
		assert.throws(() => readOptions({ ROWS: '16' }), /ROWS must be numbers of 0 to 15/);
		assert.throws(() => readOptions({ ROWS: 'primary' }), /not primary/);
		assert.throws(() => readOptions({ RUNS: '0' }), /RUNS/);
	});
});
