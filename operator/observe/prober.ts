/**
 * Asks every Vault pod how it is, beside the reconcile and never inside it: a pod that hangs must not delay another vault.
 *
 * Each pod has its own clock with a random phase. It is asked each `periodMs`; sooner, each `hurryMs`, as long as what it last said is not
 * what is wanted (a new pod, a new token, a new primary) and for at most `hurryForMs`; and each `retryMs` after a failure.
 * Three failures in a row mean down. Whenever what is known of a pod changes, `onChange` gets the key of its vault.
 *
 * A primary gives itself away before its turn comes: it renews its Lease every other second. One that has not for `silenceMs` is suspected:
 * asked at once, and, until the next renewal, with shorter patience. A process that hangs and a node that is cut off show so within seconds.
 * The other pods of the vault are asked at the same time, so that nobody is appointed who was lost with it.
 */
import type { Clock, Random } from '../../kube/clock.ts';
import { deadline } from '../../kube/deadline.ts';
import type { Credentials } from '../tls/keeper.ts';
import { type Ask, judge, type ProbeReply, type Proof } from './probe.ts';

/** What is known of one pod. */
export type PodProbe = {
	/** The last reply; undefined when none came yet. */
	reply: ProbeReply | undefined;
	proof: Proof;
	/** In a row. */
	failures: number;
	isDown: boolean;
};

/** `isReady`: as the kubelet sees it; a change is reason to ask. */
export type ProbeTarget = {
	uid: string;
	name: string;
	ip: string;
	wantsPrimary: boolean;
	isReady: boolean;
	/** By which name its certificate knows it; absent where it speaks plain HTTP. */
	serverName?: string;
};

/** What the operator expects of the pods of one vault. */
export type ProbePlan = {
	targets: readonly ProbeTarget[];
	periodMs: number;
	/** How long a primary may leave its Lease unrenewed before it is suspected. */
	silenceMs: number;
	answers: ReadonlyMap<number, string>;
	fingerprint: string | undefined;
	/** Ids of the tokens to be accepted, by token name. */
	tokens: TokenIds;
	/** What is shown to pods with a certificate. */
	credentials?: Credentials | undefined;
};

type TokenIds = Readonly<Record<string, readonly string[]>>;

type Watched = {
	key: string;
	target: ProbeTarget;
	plan: ProbePlan;
	/** Cancels the next question. */
	cancel: () => void;
	/** Cancels the suspicion that a silent Lease would raise. */
	calm: () => void;
	isSuspected: boolean;
	hurryUntil: number;
	known: PodProbe;
	wanted: string;
	isAsking: boolean;
};

export type ProberOptions = {
	ask: Ask;
	onChange: (key: string) => void;
	randomBytes: (size: number) => Buffer;
	random: Random;
	clock: Clock;
	limitMs?: number;
	suspectedLimitMs?: number;
	suspectedRetryMs?: number;
	hurryMs?: number;
	hurryForMs?: number;
	retryMs?: number;
	observe?: (isAnswered: boolean, seconds: number) => void;
};

const FAILURES_UNTIL_DOWN = 3;
const UNKNOWN: PodProbe = { reply: undefined, proof: 'unproved', failures: 0, isDown: false };

export class Prober {
	readonly #watched = new Map<string, Watched>();
	readonly #options: Required<Omit<ProberOptions, 'observe'>> & Pick<ProberOptions, 'observe'>;
	readonly #stopped = new AbortController();

	constructor(options: ProberOptions) {
		this.#options = {
			...{ limitMs: 2_000, retryMs: 1_000, suspectedLimitMs: 1_000, suspectedRetryMs: 500 },
			...{ hurryMs: 200, hurryForMs: 15_000 },
			...options,
		};
	}

	/** Sets whom to ask for one vault and what to expect; pods that are no longer in the plan are forgotten. */
	plan(key: string, plan: ProbePlan): void {
		const uids = new Set(plan.targets.map(target => target.uid));
		for (const [uid, watched] of this.#watched) {
			if (watched.key === key && !uids.has(uid)) this.#drop(uid, watched);
		}
		for (const target of plan.targets) this.#watch(key, target, plan);
	}

	forget(key: string): void {
		this.plan(key, { targets: [], periodMs: 60_000, silenceMs: 60_000, answers: new Map(), fingerprint: undefined, tokens: {} });
	}

	/** To be called with the key of a vault at each renewal of its Lease. */
	renewed(key: string): void {
		for (const watched of this.#watched.values()) if (watched.key === key) this.#listen(watched);
	}

	/** By uid of the pod; undefined for a pod that has not been asked yet. */
	known(uid: string): PodProbe | undefined {
		const known = this.#watched.get(uid)?.known;
		return known === UNKNOWN ? undefined : known;
	}

	stop(): void {
		this.#stopped.abort();
		for (const [uid, watched] of this.#watched) this.#drop(uid, watched);
	}

	#watch(key: string, target: ProbeTarget, plan: ProbePlan): void {
		if (this.#stopped.signal.aborted) return;
		const { ip, serverName, wantsPrimary, isReady } = target;
		const wanted = JSON.stringify([ip, serverName, wantsPrimary, isReady, plan.fingerprint, plan.tokens, [...plan.answers]]);
		const before = this.#watched.get(target.uid);
		if (before !== undefined && before.wanted === wanted) {
			before.plan = plan;
			return;
		}
		const nothing = () => undefined;
		const fresh = { cancel: nothing, calm: nothing, isSuspected: false, hurryUntil: 0, known: UNKNOWN, wanted, isAsking: false };
		const watched: Watched = before ?? { key, target, plan, ...fresh };
		Object.assign(watched, { target, plan, wanted, hurryUntil: this.#options.clock.now() + this.#options.hurryForMs });
		this.#watched.set(target.uid, watched);
		if (before === undefined) this.#listen(watched);
		this.#schedule(watched, 0);
	}

	#drop(uid: string, watched: Watched): void {
		watched.cancel();
		watched.calm();
		this.#watched.delete(uid);
	}

	#schedule(watched: Watched, afterMs: number): void {
		watched.cancel();
		watched.cancel = this.#options.clock.after(afterMs, () => this.#ask(watched));
	}

	/** Asks every pod of a vault now, but those that are being asked again anyway. */
	#askAll(key: string): void {
		for (const watched of this.#watched.values()) if (watched.key === key && watched.known.failures === 0) this.#schedule(watched, 0);
	}

	/** Waits for the next sign of life. Whether the pod is the primary matters only when none comes. */
	#listen(watched: Watched): void {
		watched.calm();
		watched.isSuspected = false;
		watched.calm = this.#options.clock.after(watched.plan.silenceMs, () => {
			watched.isSuspected = watched.target.wantsPrimary;
			if (watched.isSuspected) this.#askAll(watched.key);
		});
	}

	async #ask(watched: Watched): Promise<void> {
		if (watched.isAsking) return;
		watched.isAsking = true;
		const { ask, randomBytes, random, limitMs, suspectedLimitMs, observe, clock } = this.#options;
		const { target, plan, wanted } = watched;
		const indexes = [...plan.answers.keys()];
		const canary = indexes[Math.floor(random() * indexes.length)] ?? 0;
		const question = { canary, nonce: randomBytes(16).toString('hex') };
		const started = clock.now();
		let next: PodProbe;
		try {
			using limit = deadline(clock, watched.isSuspected ? suspectedLimitMs : limitMs, this.#stopped.signal);
			const channel = target.serverName === undefined ? undefined : { serverName: target.serverName, credentials: plan.credentials };
			const reply = await ask(target.ip, question, limit.signal, channel);
			next = { reply, proof: judge(reply, question, plan.answers.get(canary), plan.fingerprint), failures: 0, isDown: false };
		} catch {
			// Whatever kept the answer away, it is counted, and the pod is asked again.
			const failures = watched.known.failures + 1;
			next = { ...watched.known, failures, isDown: failures >= FAILURES_UNTIL_DOWN };
		}
		watched.isAsking = false;
		observe?.(next.failures === 0, (clock.now() - started) / 1000);
		if (this.#watched.get(target.uid) !== watched || this.#stopped.signal.aborted) return;
		this.#learn(watched, next);
		this.#schedule(watched, watched.wanted === wanted ? this.#delay(watched) : 0);
	}

	#learn(watched: Watched, next: PodProbe): void {
		const isNews = summary(watched.known) !== summary(next) || watched.known === UNKNOWN;
		watched.known = next;
		if (isNews) this.#options.onChange(watched.key);
	}

	#delay({ known, plan, target, hurryUntil, isSuspected }: Watched): number {
		const { hurryMs, retryMs, suspectedRetryMs, random, clock } = this.#options;
		if (known.failures > 0 && !known.isDown) return isSuspected ? suspectedRetryMs : retryMs;
		const isHurried = clock.now() < hurryUntil && (known.failures > 0 || !isAsWanted(known, plan, target));
		return isHurried ? hurryMs : plan.periodMs * (0.9 + 0.2 * random());
	}
}

/** What of a probe the status depends on. */
function summary({ reply, proof, isDown, failures }: PodProbe): string {
	const said = reply && [reply.role, reply.epoch, reply.ready, reply.draining, reply.keys?.fingerprint, reply.tokens];
	return JSON.stringify([said, proof, isDown, failures > 0]);
}

function isAsWanted({ reply, proof }: PodProbe, plan: ProbePlan, target: ProbeTarget): boolean {
	if (reply === undefined || proof !== 'proved') return false;
	return (reply.role === 'primary') === target.wantsPrimary && hasAdopted(reply, plan.tokens);
}

/** Whether a pod accepts every token wanted and no other. */
export function hasAdopted(reply: ProbeReply, tokens: TokenIds): boolean {
	const told = (ids: TokenIds) => Object.entries(ids).flatMap(([name, each]) => each.map(id => `${name} ${id}`));
	const wanted = new Set(told(tokens));
	return wanted.symmetricDifference(new Set(told(reply.tokens))).size === 0;
}
