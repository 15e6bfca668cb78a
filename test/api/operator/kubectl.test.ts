/** `kubectl runevault` against a real API server and a running operator. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { remove } from '../../../kube/objects.ts';
import { until } from '../../install/run.ts';
import { patchVault, untilCondition } from './fixture.ts';
import { startPlugIn } from './plug-in.ts';
import { Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

describe('kubectl runevault status --watch, on a real API server', () => {
	it('[CLI-40] adds a block when something has changed and only then, and ends when interrupted', async () => {
		const { vault } = await stage.servingVault('watched');
		const { said, ended, interrupt } = startPlugIn(stage.world.api.config, ['status', 'acme', '-n', 'watched', '--watch']);
		const blocks = () => said.out.split(/^(?=watched\/acme|there is no)/m).filter(Boolean);
		await until('the first block', async () => blocks().length === 1, 10_000, 20);
		await patchVault(stage.world, vault, { metadata: { annotations: { 'their.org/note': 'nothing that is shown' } } });
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': 'failover' } } });
		await until('the pause', async () => /paused +failover/.test(blocks().at(-1) ?? ''), 10_000, 20);
		await untilCondition(stage.world, vault, 'Progressing', 'False', 'FailoverPaused');
		await stage.quiet('watched', 500);
		const settled = blocks();
		assert.ok(settled.length <= 3, 'the pause, and what the operator said of it');
		assert.deepEqual(
			settled.filter((block, index) => block.trim() === settled[index - 1]?.trim()),
			[],
			'no block twice',
		);
		await remove(stage.world.admin, runeVaults, vault);
		await until('its end', async () => blocks().at(-1)?.startsWith('there is no RuneVault acme') ?? false, 10_000, 20);
		interrupt();
		assert.equal(await ended, 0);
		assert.equal(said.err, '');
	});
});
