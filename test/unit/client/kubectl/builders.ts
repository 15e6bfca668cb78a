/** RuneVaults, pods and events with everything in order, to be changed where a test says so. */

import type { Event } from '../../../../client/kubectl/events.ts';
import type { Pod } from '../../../../client/kubectl/vaults.ts';
import { type Condition, type ConditionStatus, type ConditionType, REASONS, type Reason } from '../../../../crds/conditions.ts';
import type { RuneVault } from '../../../../crds/runevault.ts';
import type { RuneVaultStatus } from '../../../../crds/status.ts';

export const NOW = new Date('2026-01-02T03:04:05Z');
export const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

const GOOD: Record<ConditionType, ConditionStatus> = {
	Ready: 'True',
	Accepted: 'True',
	ResolvedRefs: 'True',
	Programmed: 'True',
	KeysLoaded: 'True',
	PrimaryAvailable: 'True',
	StandbyReady: 'True',
	TokensCurrent: 'True',
	Protected: 'True',
	BackupCurrent: 'True',
	Progressing: 'False',
	Degraded: 'False',
};

export const condition = (
	type: ConditionType,
	status: ConditionStatus,
	reason: Reason,
	message = 'All is well.',
	observedGeneration = 4,
): Condition => ({ type, status, reason, message, observedGeneration, lastTransitionTime: ago(60) });

/** All conditions as they should be, but for those given. */
export function conditions(...others: Condition[]): Condition[] {
	const types = Object.keys(REASONS) as ConditionType[];
	return types.map(type => others.find(each => each.type === type) ?? condition(type, GOOD[type], REASONS[type][0]));
}

export const aToken = (change: Partial<NonNullable<RuneVaultStatus['tokens']>[number]> = {}) => ({
	name: 'team',
	generation: 1,
	secretName: 'acme-token-team',
	state: 'Active' as const,
	rotatedAt: ago(3 * 3600),
	adoptedBy: ['acme-0', 'acme-1'],
	...change,
});

export const aStatus = (change: Partial<RuneVaultStatus> = {}): RuneVaultStatus => ({
	observedGeneration: 4,
	conditions: conditions(),
	endpoint: 'http://acme.rune.svc:8443/mcp',
	primary: { pod: 'acme-0', epoch: 7, since: ago(120) },
	keys: { fingerprint: `sha256:0123456789abcdef${'0'.repeat(48)}`, version: 1, dimension: 1024, secretName: 'acme-keys-1' },
	tokens: [aToken()],
	...change,
});

const aSpec = () => ({ team: 'acme', access: { tokens: [{ name: 'team', role: 'Member', generation: 1 }] } });

export const aVault = (change: Partial<RuneVault> = {}, metadata: Partial<RuneVault['metadata']> = {}): RuneVault => ({
	apiVersion: 'runevault.io/v1alpha1',
	kind: 'RuneVault',
	metadata: { name: 'acme', namespace: 'rune', uid: 'u-1', generation: 4, resourceVersion: '10', ...metadata },
	spec: aSpec(),
	status: aStatus(),
	...change,
});

export const aPod = (name: string, isReady = true, phase = 'Running'): Pod => ({
	apiVersion: 'v1',
	kind: 'Pod',
	metadata: { name, namespace: 'rune', creationTimestamp: ago(600), labels: { 'runevault.io/vault': 'acme' } },
	status: { phase, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});

export const anEvent = (note: string, change: Partial<Event> = {}): Event => ({
	apiVersion: 'events.k8s.io/v1',
	kind: 'Event',
	metadata: { name: `acme.${note}`, namespace: 'rune', creationTimestamp: ago(500) },
	eventTime: ago(100),
	type: 'Normal',
	reason: 'Rotated',
	note,
	...change,
});
