/** cert-manager's own CRDs, out of its Go module, in a real API server; its controller is played by the tests. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { get } from '../../../kube/objects.ts';
import { type KubeObject, type Resource, resources } from '../../../kube/resources.ts';
import { run, until } from '../../install/run.ts';
import { applyAs, type World } from './fixture.ts';

const MODULE = 'github.com/cert-manager/cert-manager@v1.21.2';
const GROUP = 'cert-manager.io';

const kind = (plural: string, name: string): Resource => ({ group: GROUP, version: 'v1', plural, kind: name, namespaced: true });
export const certificates = kind('certificates', 'Certificate');
export const issuers = kind('issuers', 'Issuer');

/** Installs what a cluster with cert-manager knows. */
export async function installCertManagerCrds({ admin }: World): Promise<void> {
	const answer = await run('go', ['mod', 'download', '-json', MODULE], { env: { GOFLAGS: '-mod=mod', GOWORK: 'off' }, timeoutMs: 300_000 });
	const { Dir } = z.object({ Dir: z.string() }).parse(JSON.parse(answer));
	for (const plural of ['issuers', 'clusterissuers', 'certificates']) {
		const crd = parse(await readFile(join(Dir, 'deploy', 'crds', `${GROUP}_${plural}.yaml`), 'utf8')) as KubeObject;
		await applyAs(admin, crd, resources.customResourceDefinitions);
		await until(`${plural} of cert-manager`, async () => {
			const found = await get(admin, resources.customResourceDefinitions, { name: crd.metadata.name });
			return JSON.stringify(found?.status).includes('"type":"Established"');
		});
	}
}
