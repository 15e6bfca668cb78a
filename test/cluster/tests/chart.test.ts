/** The operator's chart in the hands of a platform team: bounded namespaces, an earlier release, an upgrade, `helm test`. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { findTarget } from '../../demo/target.ts';
import { deleteAndTime } from '../../install/heal.ts';
import { applyManifest, installCrds, manifest, OPERATOR_NAMESPACE, type Target, waitFor } from '../../install/installation.ts';
import { helmInstall } from '../../install/kubectl.ts';
import { run, until } from '../../install/run.ts';
import { checkout } from '../paths.ts';

const id = randomBytes(3).toString('hex');
const [home, team] = [`platform-${id}`, `team-${id}`];
const vault = { namespace: team, name: 'acme' };
/** The chart as it was before this one: cluster-wide roles, no NetworkPolicy. */
const EARLIER = join(checkout, 'test', 'cluster', 'charts', 'earlier');
const NOW = join(checkout, 'charts', 'runevault');

const podsSchema = z.object({
	items: z.array(
		z.object({
			metadata: z.object({ name: z.string(), uid: z.string() }),
			status: z.object({ containerStatuses: z.array(z.object({ restartCount: z.number() })).default([]) }),
		}),
	),
});

describe('the chart on a real cluster', () => {
	let target: Target;

	const helm = (...args: string[]) =>
		run(target.helm, [...args, '--namespace', home], { env: { KUBECONFIG: target.kubectl.kubeconfig }, timeoutMs: 200_000 });
	const install = (chart: string, values: Record<string, string> = {}) => {
		const colon = target.image.lastIndexOf(':');
		const image = { 'image.repository': target.image.slice(0, colon), 'image.tag': target.image.slice(colon + 1) };
		return helmInstall(target.helm, target.kubectl, 'runevault', chart, home, { ...image, watchNamespaces: `{${team}}`, ...values });
	};
	/** Pods by name, with uid and restarts. */
	const podsOf = async (namespace: string, selector: string) => {
		const text = await target.kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']);
		return podsSchema
			.parse(JSON.parse(text))
			.items.map(({ metadata, status }) => [metadata.name, metadata.uid, status.containerStatuses.map(each => each.restartCount)]);
	};
	const vaultPods = () => podsOf(team, `runevault.io/vault=${vault.name},app.kubernetes.io/component=vault`);
	const operatorPods = () => podsOf(home, 'app.kubernetes.io/component=operator');

	before(async () => {
		target = await findTarget(process.env);
		const { kubectl } = target;
		// Two operators must not look after one namespace; whoever needs the other installs it anew.
		await run(target.helm, ['uninstall', 'runevault', '-n', OPERATOR_NAMESPACE, '--ignore-not-found', '--wait'], {
			env: { KUBECONFIG: kubectl.kubeconfig },
		});
		await installCrds(target);
		const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
		for (const name of [home, team]) await applyManifest(kubectl, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
	});

	after(async () => {
		await target?.kubectl(['delete', 'runevault', vault.name, '-n', team, '--ignore-not-found']);
		await helm('uninstall', 'runevault', '--ignore-not-found');
		await target?.kubectl(['delete', 'namespace', home, team, '--wait=false']);
	});

	it('[CLU-45] [CLU-46] upgrades from an earlier chart under the restricted profile without restarting a Vault', async () => {
		await install(EARLIER);
		await applyManifest(target.kubectl, manifest(vault, { replicas: 2 }));
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'Progressing', 'False');
		const [vaults, operators] = [await vaultPods(), await operatorPods()];
		assert.equal(vaults.length, 2);

		await install(NOW, { 'admissionPolicies.ownedObjects.enabled': 'true', 'admissionPolicies.podAccess.enabled': 'true' });
		await until('the old operators gone', async () => {
			const now = await operatorPods();
			return now.length === 2 && now.every(([name]) => !operators.some(([old]) => old === name));
		});
		await until('the new operator heals', async () => (await deleteConfig()) > 0, 60_000, 500);
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'Progressing', 'False');
		assert.deepEqual(await vaultPods(), vaults);
	});

	/** As Kubernetes itself: under the policy nobody else may. */
	const deleteConfig = () => {
		const asKubernetes = Object.assign(
			(args: readonly string[], options = {}) =>
				target.kubectl(
					args[0] === 'delete' ? [...args, '--as=system:kube-controller-manager', '--as-group=system:masters'] : args,
					options,
				),
			{ kubeconfig: target.kubectl.kubeconfig },
		);
		return deleteAndTime(asKubernetes, vault, { kind: 'configmap', name: `${vault.name}-config` });
	};

	it('[CLU-46] [CLU-48] leaves no role of the cluster behind, and makes a second Vault by rights in its namespace alone', async () => {
		const clusterRoles = await target.kubectl(['get', 'clusterrole,clusterrolebinding', '-o', 'name']);
		assert.deepEqual(
			clusterRoles.split('\n').filter(name => name.includes(home)),
			[],
		);
		const second = { namespace: team, name: 'beta' };
		await applyManifest(target.kubectl, manifest(second, { replicas: 1, team: 'beta' }));
		await waitFor(target.kubectl, second, 'Ready');
		await target.kubectl(['delete', 'runevault', second.name, '-n', team]);
	});

	it('[OPR-151] [OPR-153] refuses by the policies of the chart what an administrator would do by hand', async () => {
		const { kubectl } = target;
		await assert.rejects(kubectl(['exec', '-n', team, `${vault.name}-0`, '--', 'node', '-v']), /holds its key: nobody looks inside/);
		await assert.rejects(kubectl(['annotate', 'statefulset', vault.name, '-n', team, 'note=1']), /written by its operator alone/);
		await assert.rejects(kubectl(['delete', 'service', vault.name, '-n', team]), /written by its operator alone/);
	});

	it('[CLU-47] passes helm test, and fails it with the reason when no operator is there', async () => {
		const said = await helm('test', 'runevault', '--logs', '--timeout', '90s');
		assert.match(said, /Phase:\s+Succeeded/);
		for (const what of ['serves RuneVaults', `may read RuneVaults in ${team}`, 'is ready', 'leads']) {
			assert.match(said, new RegExp(`ok: .*${what}`));
		}
		await install(NOW, { 'tests.timeoutSeconds': '3' });
		await target.kubectl(['scale', 'deployment', 'runevault', '-n', home, '--replicas=0']);
		await until('no operator', async () => (await operatorPods()).length === 0);
		await assert.rejects(helm('test', 'runevault', '--timeout', '60s'));
		assert.match(await target.kubectl(['logs', '-n', home, 'runevault-test']), /FAILED: an operator is ready/);
		await target.kubectl(['scale', 'deployment', 'runevault', '-n', home, '--replicas=2']);
		await target.kubectl(['rollout', 'status', 'deployment/runevault', '-n', home, '--timeout=60s']);
	});
});
