/**
 * What is told of the protection of a key: the bits that answers may have given away, and whether everything that protects it is on. Pure.
 *
 * Pods write the account every few seconds, and the status must not follow each of these writes. So the figure is taken over when it has moved
 * by a hundredth of the limit or reached a threshold, and the rate is that of the days before today, which changes at midnight.
 */
import type { Finding } from '../../crds/conditions.ts';
import { bitsByDay, isLocked, rejectedTokens, releasedBits } from '../../crds/ledger.ts';
import type { RuneVaultSpec } from '../../crds/runevault.ts';
import { wantedIds } from '../reconcile/token-state.ts';
import type { Observed } from './observed.ts';

type Known = Pick<Observed, 'vault' | 'check' | 'keys' | 'tokens' | 'ledger'> & { now: number };
type Protection = RuneVaultSpec['protection'];

/** Shares of the limit at which somebody has to hear of it, with the reason of the condition from there on. */
const THRESHOLDS = [
	{ share: 1, reason: 'BudgetSpent' },
	{ share: 0.8, reason: 'BudgetNearlySpent' },
	{ share: 0.5, reason: 'BudgetHalfSpent' },
] as const;

/** The highest threshold that the bits have reached. */
export const thresholdOf = (bits: number, limit: number) => THRESHOLDS.find(({ share }) => bits >= share * limit);

/** The figure to tell. It never falls while the key is the same. */
export function toldBits({ vault, check, keys, ledger }: Known): number {
	const before = vault.status?.keys?.releasedBits ?? 0;
	const fingerprint = vault.status?.keys?.fingerprint ?? (keys.stage === 'ready' ? keys.fingerprint : undefined);
	if (fingerprint === undefined) return before;
	const found = Math.ceil(releasedBits(ledger, fingerprint));
	const limit = 'spec' in check ? check.spec.protection.releasedBits.limitPerKey : undefined;
	if (limit === undefined) return Math.max(before, found);
	const hasMoved = found >= before + Math.max(1, limit / 100) || thresholdOf(found, limit)?.share !== thresholdOf(before, limit)?.share;
	return hasMoved ? Math.max(before, found) : before;
}

/** Tokens that are in force and locked, by name. */
function lockedTokens({ check, tokens, ledger, now }: Known): string[] {
	if (!('spec' in check)) return [];
	const inForce = new Set(Object.values(wantedIds(check.spec.access.tokens, tokens, now)).flat());
	const locked = rejectedTokens(ledger).filter(token => isLocked(token) && inForce.has(token.id));
	return [...new Set(locked.map(({ name }) => name))].sort();
}

/** What is not on, and since when it matters. */
function gapsOf({ provenance, guardRows, smudge }: Protection): [Finding<'Protected'>['reason'], string][] {
	const gaps: [Finding<'Protected'>['reason'], string, boolean][] = [
		['NoGuardRows', 'guard rows are not checked, so whoever makes up results learns the key', guardRows === 0],
		[
			'UnsignedResults',
			'results need not be signed, so whoever holds a token may make them up',
			provenance.mode !== 'Required' || provenance.publicKeys.length === 0,
		],
		['NoSmudge', 'scores carry no noise, so each answer tells of the key', Number(smudge) === 0],
	];
	return gaps.filter(([, , isOpen]) => isOpen).map(([reason, text]) => [reason, text]);
}

function budgetText(bits: number, limit: number, ledger: Known['ledger'], now: number): string {
	const today = new Date(now).toISOString().slice(0, 10);
	const past = bitsByDay(ledger).filter(({ day }) => day < today);
	const perDay = past.reduce((sum, day) => sum + day.bits, 0) / Math.max(1, past.length);
	const days = Math.floor((limit - bits) / perDay);
	const rest = perDay > 0 && bits < limit ? `, enough for ${days} more days like the last` : '';
	return `Answers may have given away ${bits} of ${limit} bits (${Math.floor((100 * bits) / limit)} %)${rest}.`;
}

/** @param bits as the status tells them */
export function protectedness(known: Known, bits: number): Finding<'Protected'> {
	const { check, ledger, now } = known;
	if (!('spec' in check)) return { status: 'Unknown', reason: 'SpecInvalid', message: 'The spec is not valid.' };
	const { protection } = check.spec;
	const { limitPerKey } = protection.releasedBits;
	const locked = lockedTokens(known);
	const threshold = thresholdOf(bits, limitPerKey);
	const gaps = gapsOf(protection);
	const reason = locked.length > 0 ? 'TokenLocked' : (threshold?.reason ?? gaps[0]?.[0]);
	const texts = [
		...(locked.length > 0 ? [`Locked, because guard rows were damaged: ${locked.join(', ')}.`] : []),
		budgetText(bits, limitPerKey, ledger, now),
		...(threshold === undefined ? [] : ['Rotate the key.']),
		...(gaps.length === 0 ? [] : [`Not on: ${gaps.map(([, text]) => text).join('; ')}.`]),
	];
	if (reason !== undefined) return { status: 'False', reason, message: texts.join(' ') };
	return { status: 'True', reason: 'AllOn', message: `Results are signed, guard rows checked, scores carry noise. ${texts.join(' ')}` };
}
