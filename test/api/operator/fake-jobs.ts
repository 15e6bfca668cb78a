/** Plays the Job controller and a Job's pod: what they would write when it has ended, or one of its pods has. */
import { create, get, patchMerge } from '../../../kube/objects.ts';
import { type KubeObject, resources } from '../../../kube/resources.ts';
import { until } from '../../install/run.ts';
import type { World } from './fixture.ts';

export const findJob = (world: World, namespace: string, name: string): Promise<KubeObject | undefined> =>
	get(world.admin, resources.jobs, { namespace, name });

export const untilJob = (world: World, namespace: string, name: string): Promise<KubeObject> =>
	until(`Job ${name}`, () => findJob(world, namespace, name), 15_000, 60);

/** What the program is told, after the flags of Node. */
export function argsOf(job: KubeObject): string[] {
	const args: string[] = Object(job.spec).template.spec.containers[0].args;
	return args.slice(args.indexOf('/app/vault/main.js') + 1);
}

let pods = 0;

/** A pod of the Job has ended, and this is what it said. */
export async function endPod(world: World, job: KubeObject, message: string): Promise<void> {
	const { metadata, spec } = Object(job.spec).template;
	const { namespace, name: jobName, uid = '' } = job.metadata;
	pods += 1;
	const name = `${jobName}-${pods}`;
	const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: jobName, uid, controller: true }];
	const pod = {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: { name, namespace: namespace ?? '', labels: metadata.labels, ownerReferences },
		spec,
	};
	await create(world.admin, resources.pods, pod);
	const hasFailed = !message.startsWith('{');
	const state = { terminated: { exitCode: hasFailed ? 1 : 0, reason: hasFailed ? 'Error' : 'Completed', message } };
	const containerStatuses = [{ name: spec.containers[0].name, ready: false, restartCount: 0, image: 'x', imageID: 'x', state }];
	const status = { phase: hasFailed ? 'Failed' : 'Succeeded', containerStatuses };
	await patchMerge(world.admin, resources.pods, { ...(namespace && { namespace }), name }, { status }, { subresource: 'status' });
}

/** The Job has ended. */
export async function endJob(world: World, job: KubeObject, as: 'Complete' | 'Failed'): Promise<void> {
	const { namespace, name } = job.metadata;
	const at = new Date().toISOString().replace(/\.\d+/, '');
	const before = as === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
	const conditions = [before, as].map(type => ({
		type,
		status: 'True',
		lastTransitionTime: at,
		lastProbeTime: at,
		reason: 'x',
		message: 'x',
	}));
	const status = { conditions, startTime: at, ...(as === 'Complete' ? { completionTime: at, succeeded: 1 } : { failed: 1 }) };
	await patchMerge(world.admin, resources.jobs, { ...(namespace && { namespace }), name }, { status }, { subresource: 'status' });
}

export async function succeed(world: World, job: KubeObject, done: object): Promise<void> {
	await endPod(world, job, JSON.stringify(done));
	await endJob(world, job, 'Complete');
}

export async function fail(world: World, job: KubeObject, word: string): Promise<void> {
	await endPod(world, job, word);
	await endJob(world, job, 'Failed');
}
