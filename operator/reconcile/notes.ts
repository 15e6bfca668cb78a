/** Events: what one says, and which of them a change of status is worth. */
import { conditionOf } from '../../crds/conditions.ts';
import type { RuneVaultStatus } from '../../crds/status.ts';
import { thresholdOf } from '../observe/protection.ts';

export type Note = { type: 'Normal' | 'Warning'; reason: string; action: string; message: string };

/** The change of primary that `after` tells of and `before` did not. */
export function newFailover({ failover: before }: RuneVaultStatus, { failover: after }: RuneVaultStatus) {
	return after?.last !== undefined && after.count !== before?.count ? after.last : undefined;
}

function primaryChange(before: RuneVaultStatus, after: RuneVaultStatus): Note[] {
	const [from, to] = [before.primary, after.primary];
	if (to === undefined || (from?.pod === to.pod && from.epoch === to.epoch)) return [];
	const last = newFailover(before, after);
	const message =
		last === undefined
			? `${to.pod} is primary, epoch ${to.epoch}.`
			: `${to.pod} took over from ${last.from} in ${(last.milliseconds / 1000).toFixed(1)} s, epoch ${to.epoch}: ${last.reason}.`;
	return [{ type: 'Normal', reason: 'PrimaryChanged', action: 'Route', message }];
}

function degradation(before: RuneVaultStatus, after: RuneVaultStatus): Note[] {
	const [from, to] = [conditionOf(before, 'Degraded'), conditionOf(after, 'Degraded')];
	if (to?.status !== 'True' || (from?.status === 'True' && from.reason === to.reason)) return [];
	return [{ type: 'Warning', reason: to.reason, action: 'Observe', message: to.message }];
}

function refusal(before: RuneVaultStatus, after: RuneVaultStatus): Note[] {
	const [from, to] = [conditionOf(before, 'Accepted'), conditionOf(after, 'Accepted')];
	if (to?.status !== 'False' || from?.message === to.message) return [];
	return [{ type: 'Warning', reason: 'SpecInvalid', action: 'Check', message: to.message }];
}

function keyRecord(before: RuneVaultStatus, after: RuneVaultStatus): Note[] {
	if (before.keys !== undefined || after.keys === undefined) return [];
	const message = `Key ${after.keys.fingerprint} in Secret ${after.keys.secretName} is recorded.`;
	return [{ type: 'Normal', reason: 'KeyRecorded', action: 'Record', message }];
}

/** A lock, and each threshold of the released bits that is passed. */
function exposure(before: RuneVaultStatus, after: RuneVaultStatus, limit: number | undefined): Note[] {
	const [from, to] = [conditionOf(before, 'Protected'), conditionOf(after, 'Protected')];
	if (to === undefined) return [];
	const reasons: string[] = [];
	if (to.reason === 'TokenLocked' && from?.reason !== to.reason) reasons.push(to.reason);
	const [was, is] = [before, after].map(({ keys }) => (limit === undefined ? undefined : thresholdOf(keys?.releasedBits ?? 0, limit)));
	if (is !== undefined && is.share > (was?.share ?? 0)) reasons.push(is.reason);
	return reasons.map(reason => ({ type: 'Warning', reason, action: 'Account', message: to.message }));
}

/** @param limit bits of a key that may be given away, where the spec is known */
export function notesOf(before: RuneVaultStatus, after: RuneVaultStatus, limit?: number): Note[] {
	return [...[primaryChange, degradation, refusal, keyRecord].flatMap(each => each(before, after)), ...exposure(before, after, limit)];
}
