/**
 * A RuneVault and its pods as a person reads them: what is wrong first, then where it is, then pods and tokens. Pure.
 *
 * The status tells the proof of the key for all ready pods together (KeysLoaded), so it is shown so; of one pod it is known that it
 * holds the key once it is ready, which a Vault pod is with keys in memory only.
 */
import { CONDITION_TYPES, type Condition, type ConditionType, conditionOf } from '../../crds/conditions.ts';
import type { RuneVault } from '../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../crds/status.ts';
import { failoverFacts } from './failover-facts.ts';
import { type Pause, pauseOf } from './pause.ts';
import { age, COLUMNS, columns, INDENT, indent, oneLine, table } from './text.ts';
import { byOrdinal, isReady, type Pod, readinessOf } from './vaults.ts';

/** Conditions of which False is the good state. */
const BAD_WHEN_TRUE: readonly ConditionType[] = ['Progressing', 'Degraded'];
const FINGERPRINT_DIGITS = 12;
/** Columns of the tokens that are shown when one of them has the time. */
const TIMES = { nextRotationAt: 'NEXT ROTATION', previousUntil: 'PREVIOUS UNTIL' } as const;

/** @param pods its Vault pods; undefined when they may not be listed. */
export function renderVault(vault: RuneVault, pods: readonly Pod[] | undefined, now: Date): string[] {
	const { status = {} } = vault;
	return [
		headline(vault),
		...indent([
			...section('in the way', troubles(vault)),
			...facts(vault, now),
			...section('pods', pods === undefined ? ['not shown: you may not list pods'] : podTable(pods, status, now)),
			...section('tokens', tokenTable(status, now)),
		]),
	];
}

function headline({ metadata, status }: RuneVault): string {
	const ready = conditionOf(status, 'Ready');
	const isReady = ready?.status === 'True';
	const why = ready === undefined ? 'the operator has not reported yet' : oneLine(`${ready.reason}: ${ready.message}`);
	return `${metadata.namespace}/${metadata.name}  ${isReady ? 'Ready' : `Not ready  ${why}`}`;
}

const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [title, ...indent(lines)]);

/** Whether a condition is as it should be. */
export const isGood = ({ type, status }: Condition): boolean => status === (BAD_WHEN_TRUE.includes(type) ? 'False' : 'True');

/** Every condition that is not as it should be; Ready is the headline. */
function troubles({ metadata, status = {} }: RuneVault): string[] {
	const bad = (status.conditions ?? [])
		.filter(condition => condition.type !== 'Ready' && !isGood(condition))
		.toSorted((a, b) => CONDITION_TYPES.indexOf(a.type) - CONDITION_TYPES.indexOf(b.type))
		.map(({ type, status: value, reason, message }) => [`${type}=${value}`, reason, message]);
	const isStale = status.observedGeneration !== undefined && status.observedGeneration < metadata.generation;
	const stale = `this is of generation ${status.observedGeneration} of the spec, which is at ${metadata.generation}`;
	return [
		...(isStale ? [stale] : []),
		...(bad.length === 0 ? [] : table(['CONDITION', 'REASON', 'MESSAGE'], bad, COLUMNS - 2 * INDENT.length)),
	];
}

const PAUSES: Record<Pause, string> = {
	reconcile: 'reconcile: the operator changes nothing',
	failover: 'failover: the operator moves the primary only when promote asks for it',
};

/** One line each of what is known. */
function facts(vault: RuneVault, now: Date): string[] {
	const { endpoint, primary, keys } = vault.status ?? {};
	const proof = conditionOf(vault.status, 'KeysLoaded');
	const pause = pauseOf(vault);
	const known: [string, string | undefined][] = [
		['paused', pause === undefined ? undefined : PAUSES[pause]],
		['endpoint', endpoint ?? 'none yet'],
		['primary', primary === undefined ? 'none' : `${primary.pod}, epoch ${primary.epoch}, since ${age(primary.since, now)}`],
		['routing', isToAllReady(vault) ? 'AllReady: clients reach every ready pod' : undefined],
		...failoverFacts(vault.status ?? {}, now),
		['released', keys?.releasedBits === undefined ? undefined : `${keys.releasedBits} bits of the key at worst`],
		['key', keys === undefined ? 'none yet' : `${shortFingerprint(keys.fingerprint)}, version ${keys.version}`],
		['proof', proof?.status === 'True' ? proof.message : undefined],
	];
	const rows = known.flatMap(([title, value]) => (value === undefined ? [] : [[title, value]]));
	return columns(rows, COLUMNS - INDENT.length);
}

/** The spec is shown as it was written, valid or not. */
const isToAllReady = ({ spec }: RuneVault): boolean =>
	typeof spec === 'object' && spec !== null && 'routing' in spec && spec.routing === 'AllReady';

/** `sha256:` and the first digits. */
function shortFingerprint(fingerprint: string): string {
	return fingerprint.slice(0, fingerprint.indexOf(':') + 1 + FINGERPRINT_DIGITS);
}

function podTable(pods: readonly Pod[], { primary }: RuneVaultStatus, now: Date): string[] {
	if (pods.length === 0) return ['none'];
	const rows = pods.toSorted(byOrdinal).map(pod => {
		const { name, creationTimestamp } = pod.metadata;
		const role = name === primary?.pod ? 'primary' : 'standby';
		return [name, role, readinessOf(pod), isReady(pod) ? 'loaded' : '-', age(creationTimestamp, now)];
	});
	return table(['NAME', 'ROLE', 'READY', 'KEY', 'AGE'], rows);
}

function tokenTable({ tokens = [] }: RuneVaultStatus, now: Date): string[] {
	if (tokens.length === 0) return ['none yet'];
	const times = (['nextRotationAt', 'previousUntil'] as const).filter(field => tokens.some(token => token[field] !== undefined));
	const rows = tokens.map(token => [
		token.name,
		String(token.generation),
		token.state,
		age(token.rotatedAt, now),
		...times.map(field => token[field] ?? '-'),
		token.adoptedBy.length === 0 ? 'none' : token.adoptedBy.join(', '),
	]);
	return table(['NAME', 'GENERATION', 'STATE', 'AGE', ...times.map(field => TIMES[field]), 'ADOPTED BY'], rows);
}
