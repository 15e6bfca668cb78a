/** kubectl and helm against one cluster, as a person would call them. */
import { z } from 'zod';
import { type RunOptions, run } from './run.ts';

export type Kubectl = {
	readonly kubeconfig: string;
	/** Runs kubectl; standard output as text. */
	(args: readonly string[], options?: RunOptions): Promise<string>;
};

/** A kubectl for the cluster behind `kubeconfig`. */
export function kubectlFor(kubeconfig: string, program = 'kubectl'): Kubectl {
	const call = (args: readonly string[], options: RunOptions = {}) =>
		run(program, args, { ...options, env: { KUBECONFIG: kubeconfig, ...options.env } });
	return Object.assign(call, { kubeconfig });
}

/** One object as `kubectl get -o json` gives it, or undefined when it is not there. */
export async function getObject(kubectl: Kubectl, kind: string, name: string, namespace: string): Promise<KubeJson | undefined> {
	const text = await kubectl(['get', kind, name, '-n', namespace, '-o', 'json', '--ignore-not-found']);
	return text.trim() === '' ? undefined : objectSchema.parse(JSON.parse(text));
}

const objectSchema = z.looseObject({
	metadata: z.looseObject({
		name: z.string(),
		uid: z.string(),
		generation: z.number().optional(),
		deletionTimestamp: z.string().optional(),
	}),
	data: z.record(z.string(), z.string()).optional(),
	spec: z.looseObject({}).optional(),
	status: z.looseObject({}).optional(),
});

export type KubeJson = z.infer<typeof objectSchema>;

/** The decoded text under `key` of a Secret. @throws Error when the Secret or the key is missing. */
export async function secretText(kubectl: Kubectl, name: string, key: string, namespace: string): Promise<string> {
	const encoded = (await getObject(kubectl, 'secret', name, namespace))?.data?.[key];
	if (encoded === undefined) throw new Error(`Secret ${namespace}/${name} has no ${key}`);
	return Buffer.from(encoded, 'base64').toString();
}

/** Installs or upgrades a chart and waits until its workloads are ready. */
export function helmInstall(
	program: string,
	kubectl: Kubectl,
	release: string,
	chart: string,
	namespace: string,
	values: Record<string, string>,
) {
	const set = Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
	const args = [
		'upgrade',
		'--install',
		release,
		chart,
		'--namespace',
		namespace,
		'--create-namespace',
		'--wait',
		'--timeout',
		'180s',
		...set,
	];
	return run(program, args, { env: { KUBECONFIG: kubectl.kubeconfig }, timeoutMs: 200_000 });
}
