/** The status of a RuneVault: pure, from what was observed and written. What cannot be known anew is carried over from before. */
import { toConditions } from '../../crds/conditions.ts';
import type { RuneVaultSpec } from '../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../crds/status.ts';
import { endpointOf } from '../desired/endpoint.ts';
import { KEY_VERSION, namesOf } from '../desired/names.ts';
import { outdatedPods } from '../reconcile/rollout.ts';
import { adopters, formerUntil, isComplete, nextRotation } from '../reconcile/token-state.ts';
import { backupStatus } from './backup-status.ts';
import { failoverStatus } from './failover-status.ts';
import { type Facts, findAll } from './findings.ts';
import { instant } from './instant.ts';
import { isRouted, primaryPod } from './observed.ts';
import { toldBits } from './protection.ts';

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

function primaryStatus(facts: Facts, previous: RuneVaultStatus): RuneVaultStatus['primary'] {
	const pod = primaryPod(facts);
	if (pod === undefined || facts.lease === undefined || !isRouted(facts, pod)) return undefined;
	const { epoch } = facts.lease;
	const before = previous.primary;
	const since = before?.pod === pod.name && before.epoch === epoch ? before.since : instant(facts.now);
	return { pod: pod.name, epoch, since };
}

/** The fingerprint stays once it is recorded, whatever happens to the Secret. */
function keysStatus(facts: Facts, spec: RuneVaultSpec | undefined, previous: RuneVaultStatus): RuneVaultStatus['keys'] {
	const { keys, vault } = facts;
	const releasedBits = toldBits(facts);
	if (previous.keys !== undefined) return { ...previous.keys, releasedBits };
	if (keys.stage !== 'ready' || spec === undefined) return undefined;
	const { dimension } = spec.keys;
	return {
		fingerprint: keys.fingerprint,
		version: KEY_VERSION,
		dimension,
		secretName: namesOf(vault.metadata.name).keySecret,
		releasedBits,
	};
}

function tokenStatus(facts: Facts, spec: RuneVaultSpec | undefined, previous: RuneVaultStatus): RuneVaultStatus['tokens'] {
	if (spec === undefined) return previous.tokens;
	const ready = facts.pods.filter(pod => pod.isReady);
	const made = spec.access.tokens.map(wanted => {
		const { name } = wanted;
		const token = facts.tokens.get(name);
		if (token === undefined || !isComplete(token)) return undefined;
		const { generation, rotatedAt, sha256, next } = token;
		const adoptedBy = adopters(facts, name, sha256).map(pod => pod.name);
		const isRotating = next !== undefined || (ready.length > 0 && adoptedBy.length < ready.length);
		const state: 'Active' | 'Rotating' = isRotating ? 'Rotating' : 'Active';
		const [nextRotationAt, previousUntil] = [nextRotation(wanted, token), formerUntil(wanted, token, facts.now)];
		return {
			name,
			generation,
			secretName: namesOf(facts.vault.metadata.name).tokenSecret(name),
			state,
			rotatedAt,
			...(nextRotationAt === undefined ? {} : { nextRotationAt: instant(nextRotationAt) }),
			...(previousUntil === undefined ? {} : { previousUntil: instant(previousUntil) }),
			adoptedBy: adoptedBy.sort(),
		};
	});
	return made.filter(isDefined);
}

/** The whole status to write. */
export function computeStatus(facts: Facts): RuneVaultStatus {
	const { vault, check, pods, workload } = facts;
	const previous = vault.status ?? {};
	const spec = 'spec' in check ? check.spec : undefined;
	const { name, namespace, uid, generation } = vault.metadata;
	const outdated = outdatedPods(facts).length;
	const primary = primaryStatus(facts, previous);
	const failover = failoverStatus(facts, primary?.pod);
	const optional = {
		endpoint: spec === undefined ? previous.endpoint : endpointOf({ name, namespace, uid, spec }),
		image: workload?.image ?? previous.image,
		primary,
		failover,
		keys: keysStatus(facts, spec, previous),
		backup: backupStatus(facts, spec, previous.backup),
		tokens: tokenStatus(facts, spec, previous),
	};
	return {
		observedGeneration: generation,
		conditions: toConditions(findAll(facts, failover?.ongoing), previous.conditions ?? [], generation, instant(facts.now)),
		replicas: pods.length,
		readyReplicas: pods.filter(pod => pod.isReady).length,
		updatedReplicas: pods.length - outdated,
		...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
	};
}
