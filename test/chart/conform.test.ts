/** What the charts render and the examples say, held against every schema by kubeconform, and shown to a real API server. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KubeObject } from '../../kube/resources.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import { type ApiServer, startApiServer } from '../api/harness.ts';
import { program } from '../cluster/paths.ts';
import { kubectlFor } from '../install/kubectl.ts';
import { monitoringCrds } from '../install/monitoring-crds.ts';
import { run, until } from '../install/run.ts';
import { chartFolder, parseObjects, renderText } from './render.ts';
import { CLOUDS, cloudFile, SCENARIOS } from './scenarios.ts';
import { groupVersionOf, locationIn, writeCrd, writeServed } from './schemas.ts';

let api: ApiServer;
let transport: Transport;
let folder: string;
const texts = new Map<string, string>();

const conform = (input: string) =>
	run(program('kubeconform'), ['-strict', '-summary', '-schema-location', locationIn(folder), '-'], { input });

/** A dry run: the whole way through validation and admission, and nothing is kept. */
const dryRun = (input: string) =>
	kubectlFor(api.kubeconfig, program('kubernetes', 'kubectl'))(['apply', '--server-side', '--dry-run=server', '-f', '-'], { input });

before(async () => {
	api = await startApiServer();
	transport = createTransport(api.config);
	folder = await mkdtemp(join(tmpdir(), 'runevault-schemas-'));
	for (const [name, args] of Object.entries(SCENARIOS)) texts.set(name, await renderText('runevault', args));
	texts.set('CRDs', await renderText('runevault-crds'));
	for (const cloud of CLOUDS) texts.set(`RuneVault on ${cloud}`, await readFile(cloudFile(cloud, 'runevault.yaml'), 'utf8'));
	const objects = [...texts.values()].flatMap(parseObjects);
	const others = await monitoringCrds();
	const crds = [...others, ...objects.filter(({ kind }) => kind === 'CustomResourceDefinition')];
	for (const crd of crds) await writeCrd(crd, folder);
	const own = new Set(crds.map(crd => Object(crd.spec).group as string));
	const served = objects.filter(({ apiVersion }) => !own.has(apiVersion.split('/')[0] ?? ''));
	await writeServed(transport, new Set(served.map(groupVersionOf)), folder);
	const kubectl = kubectlFor(api.kubeconfig, program('kubernetes', 'kubectl'));
	await kubectl(['apply', '--server-side', '-f', '-'], {
		input: [...others.map(crd => JSON.stringify(crd)), texts.get('CRDs')].join('\n---\n'),
	});
	await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
	for (const namespace of ['runevault-system', 'one', 'two', 'rune']) await kubectl(['create', 'namespace', namespace]);
	await until('the CRD is served', () => kubectl(['get', 'runevaults', '-A']).then(() => true));
});
after(async () => {
	await transport?.close();
	await api?.stop();
	await rm(folder, { recursive: true, force: true });
});

describe('the charts', () => {
	for (const chart of ['runevault', 'runevault-crds'] as const) {
		it(`[CHT-1] helm lint finds nothing in ${chart}`, async () => {
			await run(program('helm'), ['lint', '--strict', chartFolder(chart)]);
		});
	}

	for (const name of [...Object.keys(SCENARIOS), 'CRDs', ...CLOUDS.map(cloud => `RuneVault on ${cloud}`)]) {
		it(`[CHT-2] kubeconform and the API server accept: ${name}`, async () => {
			const text = texts.get(name) ?? '';
			assert.match(await conform(text), /Invalid: 0, Errors: 0, Skipped: 0/);
			await dryRun(text);
		});
	}

	it('[CHT-2] kubeconform refuses a field that is not known, by name', async () => {
		const [deployment] = parseObjects(texts.get('default') ?? '').filter(({ kind }) => kind === 'Deployment');
		const wrong = { ...(deployment as KubeObject), spec: { ...Object(deployment?.spec), replica: 2 } };
		await assert.rejects(conform(JSON.stringify(wrong)), /exit 1/);
		const vault = {
			apiVersion: 'runevault.io/v1alpha1',
			kind: 'RuneVault',
			metadata: { name: 'acme' },
			spec: { team: 'acme', replica: 2 },
		};
		await assert.rejects(conform(JSON.stringify(vault)), /exit 1/);
	});
});
