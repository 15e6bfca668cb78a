/** Which cluster the demo runs on: the one of `test/cluster/`, or, with `CLUSTER=current`, the kubeconfig's own. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { builtImage } from '../../scripts/image.ts';
import { checkout, left, program } from '../cluster/paths.ts';
import { OPERATOR_NAMESPACE, PUBLIC_PORT, type Target, type VaultName } from '../install/installation.ts';
import { kubectlFor } from '../install/kubectl.ts';
import { run } from '../install/run.ts';
import type { Story } from './story.ts';

/** @throws Error naming what is missing: a running cluster, or IMAGE. */
export async function findTarget(env: NodeJS.ProcessEnv): Promise<Target> {
	if (env.CLUSTER === 'current') {
		if (!env.IMAGE?.includes(':')) throw new Error('CLUSTER=current needs IMAGE=repository:tag, an image that the cluster can pull');
		const kubeconfig = env.KUBECONFIG || join(homedir(), '.kube', 'config');
		return { kubectl: kubectlFor(kubeconfig), helm: 'helm', image: env.IMAGE, isRoutable: false };
	}
	const image = await builtImage();
	if (image === undefined) throw new Error('no image is built; `make load` builds one and puts it into the cluster');
	const kubectl = kubectlFor(left.kubeconfig, program('kubernetes', 'kubectl'));
	await kubectl(['version']).catch(cause => {
		throw new Error('no cluster answers; `make cluster-up` starts one', { cause });
	});
	return { kubectl, helm: program('helm'), image: image.exact, isRoutable: true };
}

/** Leaves nothing behind: the whole cluster goes; in somebody else's, all that the demo put there but the CRDs, which may serve others. */
export async function cleanUp({ kubectl, helm, isRoutable }: Target, vault: VaultName): Promise<void> {
	if (isRoutable) {
		await run(process.execPath, [join(checkout, 'test/cluster/main.ts'), 'down']);
		return;
	}
	await kubectl(['delete', 'namespace', vault.namespace, '--ignore-not-found']);
	const env = { KUBECONFIG: kubectl.kubeconfig };
	await run(helm, ['uninstall', 'runevault', '-n', OPERATOR_NAMESPACE, '--ignore-not-found'], { env });
}

/** What to type to look around in what the demo left running. */
export async function tellHowToLookAround(story: Story, { kubectl }: Target, vault: VaultName): Promise<void> {
	story.chapter('Left running: look around');
	const secret = `${vault.name}-token-team`;
	for (const line of [
		`export KUBECONFIG=${kubectl.kubeconfig} PATH=${left.programs}:$PATH`,
		`kubectl get runevault,statefulset,pods,services,endpointslices,leases -n ${vault.namespace}`,
		`kubectl describe runevault ${vault.name} -n ${vault.namespace}`,
		`kubectl get secret ${secret} -n ${vault.namespace} -o jsonpath='{.data.token}' | base64 -d      # the token`,
		`kubectl get secret ${secret} -n ${vault.namespace} -o jsonpath='{.data.mcp\\.json}' | base64 -d  # for an MCP client`,
		`kubectl get secret ${secret} -n ${vault.namespace} -o jsonpath='{.data.ca\\.crt}' | base64 -d     # whom to trust`,
		`kubectl port-forward -n ${vault.namespace} pod/${vault.name}-0 ${PUBLIC_PORT}                    # https://localhost:${PUBLIC_PORT}/mcp`,
		'make cluster-down                                                 # the end of it',
	]) {
		story.tell(line);
	}
}
