import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONDITION_TYPES, type ConditionType, REASONS } from '../../../crds/conditions.ts';
import { runeVaultStatusSchema } from '../../../crds/status.ts';
import { findAll } from '../../../operator/observe/findings.ts';
import { computeStatus } from '../../../operator/observe/status.ts';
import * as build from './builders.ts';
import { facts, type Modifier } from './builders.ts';

/** What a case changes, and which conditions are then other than in a healthy vault, as `Status Reason`. */
type Row = [what: string, modifiers: Modifier[], conditions: Partial<Record<ConditionType, string>>];

const HEALTHY: Record<ConditionType, string> = {
	Ready: 'True Serving',
	Accepted: 'True Valid',
	ResolvedRefs: 'True Resolved',
	Programmed: 'True Applied',
	KeysLoaded: 'True Proved',
	PrimaryAvailable: 'True Serving',
	StandbyReady: 'True Standing',
	TokensCurrent: 'True Adopted',
	Protected: 'False UnsignedResults',
	BackupCurrent: 'Unknown NoSchedule',
	Progressing: 'False Complete',
	Degraded: 'False Healthy',
};

const STAGED = { generation: 1, sha256: 'ef'.repeat(32), stagedAt: '2026-03-01T11:59:59Z' };
/** The token of the healthy vault is three hours old. */
const everySeconds = (seconds: number) => ({ access: { tokens: [{ name: 'team', rotateEvery: `${seconds}s` }] } });

const keysMissing = { Ready: 'False KeysNotLoaded', KeysLoaded: 'False KeysMissing', Degraded: 'True KeysMissing' };
const young = { createdAt: '2026-03-01T11:59:50Z', isReady: false };

const ROWS: Row[] = [
	['a healthy vault', [], {}],
	[
		'an invalid spec',
		[build.invalid('spec.team', 'must be a DNS label')],
		{
			Ready: 'False SpecInvalid',
			Accepted: 'False Invalid',
			ResolvedRefs: 'Unknown SpecInvalid',
			Programmed: 'False SpecInvalid',
			TokensCurrent: 'Unknown SpecInvalid',
			Protected: 'Unknown SpecInvalid',
			BackupCurrent: 'Unknown SpecInvalid',
		},
	],
	[
		'a missing Secret of the Ingress',
		[before => ({ ...before, missingRefs: [{ path: 'spec.ingress.tlsSecretName', kind: 'Secret', name: 'tls' }] })],
		{ Ready: 'False RefsMissing', ResolvedRefs: 'False SecretNotFound' },
	],
	[
		'an object that is taken',
		[before => ({ ...before, problems: [{ kind: 'Service', name: 'acme', reason: 'NameTaken', message: 'is not ours' }] })],
		{ Ready: 'False NotProgrammed', Programmed: 'False NameTaken', Degraded: 'True NameTaken' },
	],
	['a pause', [build.paused()], { Programmed: 'Unknown Paused', Progressing: 'False Paused' }],
	['a lost key', [build.withKeys({ stage: 'missing', what: 'key' })], keysMissing],
	['a lost KEK', [build.withKeys({ stage: 'missing', what: 'kek' })], keysMissing],
	[
		'another key than the recorded one',
		[build.withKeys({ stage: 'mismatch', fingerprint: 'sha256:00' })],
		{ Ready: 'False KeysNotLoaded', KeysLoaded: 'False FingerprintMismatch', Degraded: 'True FingerprintMismatch' },
	],
	[
		'keys that are being made',
		[build.withKeys({ stage: 'generate', fingerprint: undefined, isFailed: false }), build.withoutPods(), build.withoutLease()],
		{
			Ready: 'False KeysNotLoaded',
			Programmed: 'False WaitingForKeys',
			KeysLoaded: 'False Generating',
			PrimaryAvailable: 'False NoPrimary',
			StandbyReady: 'False NoStandby',
			TokensCurrent: 'Unknown NotProved',
			Progressing: 'True GeneratingKeys',
		},
	],
	[
		'a keygen Job that failed',
		[build.withKeys({ stage: 'generate', fingerprint: undefined, isFailed: true })],
		{ Ready: 'False KeysNotLoaded', KeysLoaded: 'False KeygenFailed', Progressing: 'True GeneratingKeys', Degraded: 'True KeygenFailed' },
	],
	['one pod not asked yet', [build.unasked(2)], { TokensCurrent: 'Unknown NotProved' }],
	[
		'a pod with another key',
		[build.withProbe(2, { proof: 'wrong-key' })],
		{ Ready: 'False KeysNotLoaded', KeysLoaded: 'False FingerprintMismatch', Degraded: 'True FingerprintMismatch' },
	],
	[
		'a pod that decrypts wrongly',
		[build.withProbe(2, { proof: 'wrong-answer' })],
		{ Ready: 'False KeysNotLoaded', KeysLoaded: 'False WrongAnswer', Degraded: 'True WrongAnswer' },
	],
	['no holder of the Lease', [build.withoutLease()], { Ready: 'False PrimaryNotAvailable', PrimaryAvailable: 'False NoPrimary' }],
	['a holder that is not routed to', [build.withoutRoute()], { Ready: 'False PrimaryNotAvailable', PrimaryAvailable: 'False NotRouted' }],
	[
		'a primary that does not answer',
		[build.withProbe(0, { isDown: true, failures: 3 })],
		{ Ready: 'False PrimaryNotAvailable', PrimaryAvailable: 'False Down', Degraded: 'True PodsNotReady' },
	],
	['a standby that fails once', [build.withProbe(1, { failures: 1 })], {}],
	[
		'one replica',
		[build.withSpec({ replicas: 1 }), before => ({ ...before, pods: before.pods.slice(0, 1) })],
		{ StandbyReady: 'True SingleReplica' },
	],
	[
		'standbys that are starting',
		[build.withPod(1, young), build.withPod(2, young)],
		{ StandbyReady: 'False NoStandby', Progressing: 'True Creating' },
	],
	['a standby that does not start', [build.withPod(2, { isReady: false })], { Degraded: 'True PodsNotReady' }],
	['a pod of an older template', [build.withPod(2, { revision: 'old' })], { Progressing: 'True RollingOut' }],
	[
		'a pod with an old token',
		[build.withProbe(1, { reply: build.reply({ tokens: { team: ['0'.repeat(16)] } }) })],
		{ TokensCurrent: 'False AdoptionPending', Progressing: 'True RotatingTokens' },
	],
	[
		'a pod that still knows a token that was taken out',
		[build.withProbe(1, { reply: build.reply({ tokens: { team: [build.TOKEN_ID], former: ['0'.repeat(16)] } }) })],
		{ TokensCurrent: 'False AdoptionPending', Progressing: 'True RotatingTokens' },
	],
	[
		'a token that was made anew at the same generation, and that a pod does not know',
		[
			build.withToken({ sha256: 'ef'.repeat(32) }),
			build.withProbe(0, { reply: build.reply({ role: 'primary', tokens: { team: ['ef'.repeat(8)] } }) }),
		],
		{ TokensCurrent: 'False AdoptionPending', Progressing: 'True RotatingTokens' },
	],
	[
		'a token that is staged and that pods do not know',
		[build.withToken({ next: STAGED })],
		{ TokensCurrent: 'False AdoptionPending', Progressing: 'True RotatingTokens' },
	],
	[
		'a token that is staged, with every pod knowing it',
		[build.withToken({ next: { ...STAGED, sha256: 'cd'.repeat(32) } })],
		{ TokensCurrent: 'False AdoptionPending', Progressing: 'True RotatingTokens' },
	],
	['a token that is due since less than a minute', [build.withSpec(everySeconds(3 * 3600 - 59))], {}],
	[
		'a token that should have been rotated a minute ago',
		[build.withSpec(everySeconds(3 * 3600 - 60)), build.paused()],
		{ TokensCurrent: 'False RotationOverdue', Programmed: 'Unknown Paused', Progressing: 'False Paused' },
	],
	[
		'a token that is still to be made',
		[before => ({ ...before, tokens: new Map() })],
		{ TokensCurrent: 'False AdoptionPending', Progressing: 'True RotatingTokens' },
	],
];

describe('conditions', () => {
	for (const [what, modifiers, differences] of ROWS) {
		it(`[OPR-15] of ${what}`, () => {
			const found = findAll(facts(...modifiers));
			const said = Object.fromEntries(CONDITION_TYPES.map(type => [type, `${found[type].status} ${found[type].reason}`]));
			assert.deepEqual(said, { ...HEALTHY, ...differences });
			for (const type of CONDITION_TYPES) assert.ok((REASONS[type] as readonly string[]).includes(found[type].reason), type);
		});
	}

	it('[OPR-15] are all there, with the generation, and move their time only with their status', () => {
		const first = computeStatus(facts());
		assert.deepEqual(
			first.conditions?.map(({ type }) => type),
			CONDITION_TYPES,
		);
		assert.ok(first.conditions?.every(({ observedGeneration }) => observedGeneration === 4));
		const later = computeStatus({ ...facts(build.withStatus(first), build.withoutLease()), now: build.NOW + 60_000 });
		const moved = later.conditions
			?.filter(({ lastTransitionTime }) => lastTransitionTime === '2026-03-01T12:01:00Z')
			.map(({ type }) => type);
		assert.deepEqual(moved, ['Ready', 'PrimaryAvailable', 'Progressing']);
	});
});

describe('the status', () => {
	it('[OPR-15] of a healthy vault, whole', () => {
		const { conditions, ...rest } = computeStatus(facts());
		assert.deepEqual(rest, {
			observedGeneration: 4,
			replicas: 3,
			readyReplicas: 3,
			updatedReplicas: 3,
			endpoint: 'https://acme.rune.svc:8443/mcp',
			image: 'localhost/runevault:test',
			primary: { pod: 'acme-0', epoch: 7, since: '2026-03-01T12:00:00Z' },
			keys: { fingerprint: build.FINGERPRINT, version: 1, dimension: 1024, secretName: 'acme-keys-1', releasedBits: 0 },
			tokens: [
				{
					name: 'team',
					generation: 1,
					secretName: 'acme-token-team',
					state: 'Active',
					rotatedAt: '2026-03-01T09:00:00Z',
					adoptedBy: ['acme-0', 'acme-1', 'acme-2'],
				},
			],
		});
		assert.ok(runeVaultStatusSchema.safeParse({ conditions, ...rest }).success);
	});

	it('is the same when computed from itself', () => {
		const first = computeStatus(facts());
		assert.deepEqual(computeStatus({ ...facts(build.withStatus(first)), now: build.NOW + 3_600_000 }), first);
	});

	it('[OPR-11] keeps the recorded fingerprint whatever happens to the Secret', () => {
		const first = computeStatus(facts());
		for (const keys of [
			{ stage: 'missing', what: 'key' },
			{ stage: 'mismatch', fingerprint: 'sha256:00' },
		] as const) {
			assert.deepEqual(computeStatus(facts(build.withStatus(first), build.withKeys(keys))).keys, first.keys);
		}
	});

	it('keeps what an invalid spec does not tell', () => {
		const first = computeStatus(facts());
		const later = computeStatus(facts(build.withStatus(first), build.invalid('spec.team', 'must be a DNS label')));
		assert.deepEqual([later.endpoint, later.tokens, later.keys, later.primary], [first.endpoint, first.tokens, first.keys, first.primary]);
	});

	it('[OPR-41] [OPR-43] tells when a token is rotated next, and until when the one before is accepted', () => {
		const spec = build.withSpec({ access: { tokens: [{ name: 'team', rotateEvery: '30h', overlap: '24h' }] } });
		const previous = { generation: 1, sha256: 'ef'.repeat(32), until: '2026-03-02T09:00:00Z' };
		const status = computeStatus(facts(spec, build.withToken({ previous })));
		assert.deepEqual(
			status.tokens?.map(({ nextRotationAt, previousUntil }) => [nextRotationAt, previousUntil]),
			[['2026-03-02T15:00:00Z', '2026-03-02T09:00:00Z']],
		);
		assert.ok(runeVaultStatusSchema.safeParse(status).success);
		const later = computeStatus({ ...facts(spec, build.withToken({ previous })), now: Date.parse(previous.until) });
		assert.equal(later.tokens?.[0]?.previousUntil, undefined);
	});

	it('tells of a token that a pod has not adopted yet', () => {
		const status = computeStatus(facts(build.withProbe(2, { reply: build.reply({ tokens: { team: ['0'.repeat(16)] } }) })));
		assert.deepEqual(
			status.tokens?.map(({ state, adoptedBy }) => [state, adoptedBy]),
			[['Rotating', ['acme-0', 'acme-1']]],
		);
	});
});
