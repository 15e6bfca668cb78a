/** cert-manager's own CRDs, out of its Go module, in a real API server; its controller is played by the tests. */
import type { Resource } from '../../../kube/resources.ts';
import { objectsOfModule } from '../../install/go-module.ts';
import { installCrds, type World } from './fixture.ts';

const MODULE = 'github.com/cert-manager/cert-manager@v1.21.2';
const GROUP = 'cert-manager.io';

const kind = (plural: string, name: string): Resource => ({ group: GROUP, version: 'v1', plural, kind: name, namespaced: true });
export const certificates = kind('certificates', 'Certificate');
export const issuers = kind('issuers', 'Issuer');

/** Installs what a cluster with cert-manager knows. */
export async function installCertManagerCrds({ admin }: World): Promise<void> {
	const files = ['issuers', 'clusterissuers', 'certificates'].map(plural => `deploy/crds/${GROUP}_${plural}.yaml`);
	await installCrds(admin, await objectsOfModule(MODULE, files));
}
