/** `kubectl runevault` against a real API server and a running operator. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { resource as runeVaults } from '../../../crds/runevault.ts';
import { create, get, list, patchMerge, remove } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { program } from '../../cluster/paths.ts';
import { until } from '../../install/run.ts';
import { patchVault, untilCondition } from './fixture.ts';
import { plugIn, startPlugIn } from './plug-in.ts';
import { Stage } from './stage.ts';

let stage: Stage;
before(async () => {
	stage = await Stage.start();
});
after(() => stage?.stop());

describe('kubectl runevault status --watch, on a real API server', () => {
	it('[CLI-40] adds a block when something has changed and only then, and ends when interrupted', async t => {
		const { vault } = await stage.servingVault('watched');
		const { said, ended, interrupt } = startPlugIn(stage.world.api.config, ['status', 'acme', '-n', 'watched', '--watch']);
		t.after(interrupt);
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

describe('kubectl runevault plan, on a real API server', () => {
	let folder: string;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'runevault-plan-'));
	});
	after(() => rm(folder, { recursive: true, force: true }));

	async function plan(namespace: string, spec: Record<string, unknown>) {
		const file = join(folder, `${namespace}.yaml`);
		const metadata = { name: 'acme', namespace };
		await writeFile(
			file,
			JSON.stringify({ apiVersion: 'runevault.io/v1alpha1', kind: 'RuneVault', metadata, spec: { team: 'acme', ...spec } }),
		);
		return plugIn(stage.world.api.config, ['plan', '-f', file]);
	}

	const RICH = {
		resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { memory: '2Gi' } },
		ingress: { state: 'Enabled', host: 'vault.example.com' },
		podTemplate: { annotations: { note: 'a' }, tolerations: [{ key: 'x', operator: 'Exists' }] },
	};
	const NEXT = {
		...RICH,
		replicas: 2,
		access: {
			limits: { callsPerMinute: 100 },
			tokens: [
				{ name: 'team', generation: 2 },
				{ name: 'ci', role: 'Admin' },
			],
		},
		ingress: { state: 'Disabled' },
		networkPolicy: { state: 'Disabled' },
	};

	it('[CLI-41] [CLI-42] tells every object that will change and how, and after it was applied nothing more', async () => {
		const { vault, node } = await stage.servingVault('planned', RICH);
		assert.deepEqual(await plan('planned', RICH), { code: 0, out: 'planned/acme  no change\n', err: '' });
		const before = stage.writesIn('planned').length;
		const { code, out } = await plan('planned', NEXT);
		assert.equal(code, 1);
		assert.equal(stage.writesIn('planned').length, before);
		for (const line of [
			/^planned\/acme {2}1 created, 4 changed, 2 removed, \d+ unchanged$/m,
			/^ {2}~ RuneVault acme\n {4}spec\.access\.limits\.callsPerMinute: 600 → 100$/m,
			/^ {2}~ ConfigMap acme-config\n {4}data\[config\.json\]\.limits\.callsPerMinute: 600 → 100$/m,
			/^ {2}~ StatefulSet acme\n {4}spec\.replicas: 3 → 2\n {4}spec\.template\.metadata\.annotations\[runevault\.io\/config\]: \w+ → \w+$/m,
			/^ {2}- NetworkPolicy acme\n {2}- Ingress acme$/m,
			/^ {2}~ Secret acme-verifiers\n {4}team: Member, generation 1 → Member, generation 2\n {4}ci: \(none\) → Admin, generation 1$/m,
			/^ {2}~ Secret acme-token-team\n {4}token: generation 1 → generation 2\n {2}\+ Secret acme-token-ci$/m,
			/^ {2}restarts\n {4}acme-2 is ended\n {4}acme-1 restarts\n {4}acme-0 hands over to acme-1\n {4}acme-0 restarts$/m,
			/^ {2}gap\n {4}less than 0\.5 s/m,
		])
			assert.match(out, line);
		assert.doesNotMatch(out, /note:|evt_/);

		await patchVault(stage.world, vault, { spec: NEXT });
		await until('what was to be made', () => node.read(resources.secrets, 'acme-token-ci'));
		await until('what was to go', async () => (await node.read(resources.ingresses, 'acme')) === undefined);
		await until('no more to do', async () => (await plan('planned', NEXT)).code === 0);
		assert.doesNotMatch((await plan('planned', NEXT)).out, /note: .*not made from the present spec/);
	});

	it('[CLI-41] of a vault that is not there yet, tells all that will be made, and makes nothing', async () => {
		await stage.world.namespace('fresh');
		const { code, out } = await plan('fresh', {});
		assert.equal(code, 1);
		assert.match(out, /^fresh\/acme {2}\d+ created, 0 changed, 0 removed, 0 unchanged$/m);
		assert.equal(await get(stage.world.admin, runeVaults, { namespace: 'fresh', name: 'acme' }), undefined);
	});

	it('[CLI-41] says which objects somebody has edited, and that the operator did not make them so', async () => {
		const { vault } = await stage.servingVault('edited');
		await patchVault(stage.world, vault, { metadata: { annotations: { 'runevault.io/paused': 'reconcile' } } });
		await untilCondition(stage.world, vault, 'Programmed', 'Unknown', 'Paused');
		await patchMerge(stage.world.admin, resources.services, vault, { spec: { ports: [{ name: 'mcp', port: 1 }] } });
		const { code, out } = await plan('edited', {});
		assert.equal(code, 1);
		assert.match(out, /^ {2}~ Service acme\n {4}spec\.ports\[name=mcp\]\.port: 1 → 8443$/m);
		assert.match(out, /note: it is paused: none of this happens/);
	});

	it('[CLI-43] what is refused is named by its field, with exit code 2', async () => {
		await stage.servingVault('refused');
		const refused = async (spec: Record<string, unknown>) => {
			const { code, out, err } = await plan('refused', spec);
			assert.deepEqual([code, out], [2, '']);
			return err;
		};
		assert.equal(await refused({ nope: 1 }), 'kubectl runevault: refused: unknown field "spec.nope"\n');
		assert.match(await refused({ team: 'other' }), /^kubectl runevault: refused: spec\.team: .*is immutable\n$/);
		assert.match(await refused({ replicas: 99 }), /^kubectl runevault: refused: spec\.replicas: .*\n$/);
		const extraVolumes = [{ name: 'keys', secret: { secretName: 'x' } }];
		assert.match(
			await refused({ podTemplate: { extraVolumes } }),
			/the operator would refuse it: spec\.podTemplate\.extraVolumes\[0\]\.name: /,
		);
	});

	it('[CLI-43] needs no right to write, and says what it does not know without', async () => {
		await stage.servingVault('readers');
		const reader = stage.world.api.as('reader');
		const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'reader', namespace: 'readers' } };
		const rules = [{ apiGroups: [runeVaults.group], resources: ['runevaults'], verbs: ['get'] }];
		await create(stage.world.admin, resources.roles, { ...rbac, kind: 'Role', rules });
		const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }];
		const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
		await create(stage.world.admin, resources.roleBindings, { ...rbac, kind: 'RoleBinding', roleRef, subjects });
		await plan('readers', { replicas: 2 });
		const file = join(folder, 'readers.yaml');
		const { code, out } = await until('the rights in force', async () => {
			const found = await plugIn(reader, ['plan', '-f', file]);
			return found.code === 1 && found;
		});
		assert.equal(code, 1);
		assert.match(out, /~ StatefulSet acme \(may not be read: compared with what it should be\)\n {4}spec\.replicas: 3 → 2$/m);
		assert.match(out, /not known: you may not list pods/);
		assert.match(out, /note: you may not write RuneVaults, so the API server was not asked/);
	});
});

describe('kubectl runevault report, on a real API server', () => {
	it('[CLI-45] holds what the vault owns, of Secrets what they are called, and no byte of what they hold', async () => {
		const { vault, node } = await stage.servingVault('reported');
		const token = await node.token();
		await patchVault(stage.world, vault, { metadata: { annotations: { note: `the token is ${token}` } } });
		const { code, out } = await plugIn(stage.world.api.config, ['report', 'acme', '-n', 'reported']);
		assert.equal(code, 0);
		const secrets = await list(stage.world.admin, resources.secrets, { namespace: 'reported' });
		const contents = secrets.items.flatMap(({ data }) => Object.values(Object(data)).map(String));
		assert.ok(contents.length >= 5);
		const digest = createHash('sha256').update(token).digest('hex');
		for (const content of [...contents.filter(each => each.length > 8), token, digest]) assert.ok(!out.includes(content));
		const report = parse(out);
		assert.match(report.about.apiServer.gitVersion, /^v1\./);
		const kinds = new Set(report.objects.map(({ kind }: { kind: string }) => kind));
		for (const kind of ['ConfigMap', 'EndpointSlice', 'Lease', 'NetworkPolicy', 'Role', 'Service', 'ServiceAccount', 'StatefulSet'])
			assert.ok(kinds.has(kind), kind);
		assert.deepEqual(
			report.secrets.map(({ metadata, keys }: { metadata: { name: string }; keys: string[] }) => [metadata.name, keys]).sort(),
			secrets.items.map(({ metadata, data }) => [metadata.name, Object.keys(Object(data)).sort()]).sort(),
		);
		assert.equal(report.pods.length, 3);
		assert.ok(report.events.some(({ reason }: { reason: string }) => reason === 'KeyRecorded'));
	});
});

describe('kubectl runevault, called by kubectl', () => {
	let folder: string;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'runevault-path-'));
		const main = join(import.meta.dirname, '..', '..', '..', 'client', 'kubectl', 'main.ts');
		await symlink(main, join(folder, 'kubectl-runevault'));
		const { out } = await plugIn(stage.world.api.config, ['completion', 'kubectl']);
		await writeFile(join(folder, 'kubectl_complete-runevault'), out, { mode: 0o755 });
	});
	after(() => rm(folder, { recursive: true, force: true }));

	it('[CLI-40] Ctrl-C ends status --watch without an error', async () => {
		await stage.newVault('interrupted');
		const env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), KUBECONFIG: stage.world.api.kubeconfig };
		const child = spawn(join(folder, 'kubectl-runevault'), ['status', '-n', 'interrupted', '--watch'], {
			env,
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		await once(child.stdout, 'data');
		child.kill('SIGINT');
		assert.deepEqual(await once(child, 'exit'), [0, null]);
	});

	it('[CLI-48] kubectl finds the plug-in and completes it', async () => {
		await stage.newVault('completed');
		const env = { PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter), KUBECONFIG: stage.world.api.kubeconfig };
		const kubectl = async (...args: string[]) => (await promisify(execFile)(program('kubernetes', 'kubectl'), args, { env })).stdout;
		assert.match(await kubectl('runevault', 'status', 'acme', '-n', 'completed'), /^completed\/acme {2}Not ready/);
		assert.match(await kubectl('__complete', 'runevault', 'pro'), /^promote\t/);
		assert.match(await kubectl('__complete', 'runevault', 'status', '-n', 'completed', ''), /^acme\n/);
	});
});
