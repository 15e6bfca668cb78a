/** Everything a fault acts on and is seen through. */
import type { Target } from '../install/installation.ts';
import type { ClientProcess } from './client-process.ts';
import type { Cluster } from './cluster.ts';
import type { Lane } from './lanes.ts';

/** What has to be undone, in reverse order; each part is undone once, whoever asks first. */
export class Remedies {
	#pending: (() => Promise<void>)[] = [];

	/** Call before the harm is done, so that an interrupt in between finds it. */
	add(remedy: () => Promise<void>): void {
		this.#pending.unshift(remedy);
	}

	/** Undoes everything. @throws AggregateError when parts could not be undone, after all were tried */
	async apply(): Promise<void> {
		const pending = this.#pending;
		this.#pending = [];
		const errors: unknown[] = [];
		for (const remedy of pending) await remedy().catch(error => errors.push(error));
		if (errors.length > 0) throw new AggregateError(errors, 'not everything could be undone');
	}
}

export type Stage = {
	readonly target: Target;
	readonly cluster: Cluster;
	readonly client: ClientProcess;
	readonly lanes: readonly Lane[];
	/** Vaults that do not take part in this round. */
	readonly bystanders: readonly Lane[];
	readonly remedies: Remedies;
	/** Counts the rounds of a case from 0. */
	readonly round: number;
};

/** The pod of each lane that clients reach now. @throws Error when a lane has none */
export async function primariesOf({ cluster, lanes }: Stage): Promise<string[]> {
	return Promise.all(
		lanes.map(async ({ vault }) => {
			const pod = (await cluster.lane(vault)).status.primary?.pod;
			if (pod === undefined) throw new Error(`${vault.namespace} has no primary`);
			return pod;
		}),
	);
}
