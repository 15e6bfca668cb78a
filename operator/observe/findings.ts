/**
 * One small pure check a condition. Each reads like its line in the table of conditions (docs/reference.md) and returns the first thing
 * that is wrong, in the order a person would want to hear of it.
 */
import type { Finding, Findings } from '../../crds/conditions.ts';
import { KEYGEN_FAULTS, type KeygenFault } from '../../crds/keygen-faults.ts';
import type { RuneVaultSpec } from '../../crds/runevault.ts';
import { outdatedPods } from '../reconcile/rollout.ts';
import { isOverdue, wantedIds } from '../reconcile/token-state.ts';
import { backupCurrent } from './backup-status.ts';
import type { Appointed, FailoverStatus } from './failover-status.ts';
import { isImportMissing, isProved, isRouted, type Observed, primaryPod, type TokenView } from './observed.ts';
import { hasAdopted } from './prober.ts';
import { protectedness, toldBits } from './protection.ts';

/** An object that could not be written, without a word of its content. */
export type WriteProblem = { kind: string; name: string; reason: 'ApplyFailed' | 'NameTaken'; message: string };

export type Facts = Observed & { problems: readonly WriteProblem[]; appointed: Appointed | undefined; now: number };

const yes = <R extends string>(reason: R, message: string) => ({ status: 'True', reason, message }) as const;
const no = <R extends string>(reason: R, message: string) => ({ status: 'False', reason, message }) as const;
const unknown = <R extends string>(reason: R, message: string) => ({ status: 'Unknown', reason, message }) as const;

const specOf = ({ check }: Facts): RuneVaultSpec | undefined => ('spec' in check ? check.spec : undefined);
const list = (names: readonly string[]) => names.join(', ');
const namesOfPods = (pods: readonly { name: string }[]) => list(pods.map(pod => pod.name));
const readyPods = ({ pods }: Facts) => pods.filter(pod => pod.isReady);

function accepted({ check }: Facts): Finding<'Accepted'> {
	if ('spec' in check) return yes('Valid', 'The spec is valid.');
	const all = check.violations.map(({ path, message }) => `${path}: ${message}`).join('; ');
	return no('Invalid', `${all.slice(0, 2000)}. What was running keeps running.`);
}

function resolvedRefs(facts: Facts): Finding<'ResolvedRefs'> {
	if (specOf(facts) === undefined) return unknown('SpecInvalid', 'The spec is not valid.');
	const [missing] = facts.missingRefs;
	if (missing === undefined) return yes('Resolved', 'Everything the spec names exists.');
	if (missing.kind === 'Kind') return no('KindNotFound', `${missing.path}: the cluster knows no ${missing.name}.`);
	if (missing.kind === 'CertManager') return no('CertManagerNotFound', `${missing.path}: the cluster knows no ${missing.name}.`);
	const message = `${missing.path}: there is no ${missing.kind} ${missing.name}.`;
	return no(`${missing.kind}NotFound`, message);
}

function programmed(facts: Facts): Finding<'Programmed'> {
	if (facts.isPaused) return unknown('Paused', 'The annotation runevault.io/paused stops the operator: nothing is written or put back.');
	if (specOf(facts) === undefined) return no('SpecInvalid', 'Nothing is applied from a spec that is not valid.');
	const [problem] = facts.problems;
	if (problem !== undefined) return no(problem.reason, `${problem.kind} ${problem.name}: ${problem.message}`);
	if (facts.workload === undefined && facts.keys.stage !== 'ready') return no('WaitingForKeys', 'The pods are made once there is a key.');
	return yes('Applied', 'Every owned object is applied.');
}

const WAITING_FOR_IMPORT = 'The key is adopted once the Secret that spec.keys.import names is there.';
const reasonOf = (fault: KeygenFault | undefined) => (fault === undefined ? "its pod's log says why" : KEYGEN_FAULTS[fault]);

/** What is wrong with the keys, whatever the pods say. */
function keyTrouble(facts: Facts): Finding<'KeysLoaded'> | undefined {
	const { keys, vault } = facts;
	const { name } = vault.metadata;
	switch (keys.stage) {
		case 'ready':
			return undefined;
		case 'generate':
			if (isImportMissing(facts)) return no('Generating', WAITING_FOR_IMPORT);
			if (!keys.isFailed) return no('Generating', `Job ${name}-keygen makes the key.`);
			return no('KeygenFailed', `Job ${name}-keygen failed and is started again: ${reasonOf(keys.fault)}.`);
		case 'missing': {
			const secret = keys.what === 'key' ? `${name}-keys-1` : `${name}-kek`;
			return no('KeysMissing', `Secret ${secret} is missing. It is never made anew: restore it.`);
		}
		case 'taken':
			return no('NameTaken', `Secret ${name}-keys-1 is not of this RuneVault, and stays: remove it, or use another name.`);
		case 'mismatch':
			return no(
				'FingerprintMismatch',
				`Secret ${name}-keys-1 holds another key than the one recorded in the status: restore the right one.`,
			);
	}
}

function keysLoaded(facts: Facts): Finding<'KeysLoaded'> {
	const trouble = keyTrouble(facts);
	if (trouble !== undefined) return trouble;
	const ready = readyPods(facts);
	const proofOf = (pod: { uid: string }) => facts.probes.get(pod.uid)?.proof;
	const wrongKey = ready.filter(pod => proofOf(pod) === 'wrong-key');
	if (wrongKey.length > 0) return no('FingerprintMismatch', `${namesOfPods(wrongKey)}: another key than the recorded one.`);
	const wrongAnswer = ready.filter(pod => proofOf(pod) === 'wrong-answer');
	if (wrongAnswer.length > 0) return no('WrongAnswer', `${namesOfPods(wrongAnswer)}: a canary was decrypted wrongly.`);
	const proved = ready.filter(pod => isProved(facts, pod));
	if (proved.length === 0) return unknown('NotProved', 'No ready pod has decrypted a canary yet.');
	return yes('Proved', `${proved.length} of ${ready.length} ready pods decrypted a fresh challenge with the recorded key.`);
}

function primaryAvailable(facts: Facts): Finding<'PrimaryAvailable'> {
	const primary = primaryPod(facts);
	if (primary === undefined) return no('NoPrimary', 'No pod holds the Lease.');
	const { name } = primary;
	if (!isRouted(facts, primary)) return no('NotRouted', `${name} holds the Lease and is not routed to.`);
	const probe = facts.probes.get(primary.uid);
	if (probe?.isDown === true) return no('Down', `${name} holds the Lease and does not answer.`);
	if (probe?.reply === undefined) return unknown('NotProved', `${name} has not answered yet.`);
	const others = facts.routed.length - 1;
	return yes('Serving', others > 0 ? `${name} and ${others} more pods are routed to.` : `${name} is routed to and answers.`);
}

function standbyReady(facts: Facts): Finding<'StandbyReady'> {
	if (specOf(facts)?.replicas === 1) return yes('SingleReplica', 'There is one replica, as the spec says: nothing could take over.');
	const primary = primaryPod(facts);
	const standbys = readyPods(facts).filter(pod => pod !== primary && facts.probes.get(pod.uid)?.isDown !== true);
	return standbys.length > 0
		? yes('Standing', `${namesOfPods(standbys)} could take over now.`)
		: no('NoStandby', 'No other pod could take over now.');
}

const NO_TOKEN: TokenView = { name: '', generation: undefined, sha256: undefined, rotatedAt: undefined };

function tokensCurrent(facts: Facts): Finding<'TokensCurrent'> {
	const spec = specOf(facts);
	if (spec === undefined) return unknown('SpecInvalid', 'The spec is not valid.');
	const { tokens } = spec.access;
	const namesOfTokens = (isSo: (token: (typeof tokens)[number], view: TokenView) => boolean) =>
		list(tokens.filter(token => isSo(token, facts.tokens.get(token.name) ?? NO_TOKEN)).map(token => token.name));
	const overdue = namesOfTokens((token, view) => isOverdue(token, view, facts.now));
	if (overdue !== '') return no('RotationOverdue', `${overdue}: to be rotated by now, as rotateEvery says, and was not.`);
	const unmade = namesOfTokens(({ generation }, view) => view.generation !== generation && view.next?.generation !== generation);
	if (unmade !== '') return no('AdoptionPending', `${unmade}: the token is still to be made.`);
	const wanted = wantedIds(tokens, facts.tokens, facts.now);
	const ready = readyPods(facts);
	const lagging = ready.filter(pod => {
		const reply = facts.probes.get(pod.uid)?.reply;
		return reply !== undefined && !hasAdopted(reply, wanted);
	});
	if (lagging.length > 0) return no('AdoptionPending', `${namesOfPods(lagging)}: the newest tokens are not adopted yet.`);
	const unasked = ready.filter(pod => facts.probes.get(pod.uid)?.reply === undefined);
	const staged = namesOfTokens((_, view) => view.next !== undefined);
	if (staged !== '') return no('AdoptionPending', `${staged}: the next token is staged and not in its Secret yet.`);
	if (ready.length === 0 || unasked.length > 0) return unknown('NotProved', 'Not every pod has said yet which tokens it knows.');
	return yes('Adopted', 'Every ready pod knows the newest tokens and no other.');
}

/** How long a pod that is not ready counts as starting. */
const STARTING_MS = 60_000;

function startingOrMissing(facts: Facts): { starting: boolean; broken: string[] } {
	const replicas = specOf(facts)?.replicas ?? facts.pods.length;
	const unready = facts.pods.filter(pod => !pod.isReady);
	const isYoung = (createdAt: string | undefined) => createdAt !== undefined && facts.now - Date.parse(createdAt) < STARTING_MS;
	const broken = unready.filter(pod => !pod.isDeleting && !isYoung(pod.createdAt)).map(pod => pod.name);
	return { starting: facts.pods.length < replicas || unready.length > broken.length, broken };
}

function progressing(facts: Facts, ongoing: FailoverStatus['ongoing']): Finding<'Progressing'> {
	if (facts.isPaused) return no('Paused', 'The annotation runevault.io/paused stops the operator.');
	if (facts.isRestoring) return yes('Restoring', 'A RuneVaultRestore is under way: nothing else is written until it is done.');
	if (facts.keys.stage === 'generate' && specOf(facts) !== undefined)
		return yes('GeneratingKeys', isImportMissing(facts) ? WAITING_FOR_IMPORT : 'The key is being made.');
	if (ongoing !== undefined) return yes('FailingOver', `Another pod takes the place of ${ongoing.from}: ${ongoing.reason}.`);
	const outdated = outdatedPods(facts);
	if (outdated.length > 0) return yes('RollingOut', `${namesOfPods(outdated)}: still of an older template.`);
	if (startingOrMissing(facts).starting && facts.keys.stage === 'ready') return yes('Creating', 'Pods are being made.');
	const tokens = tokensCurrent(facts);
	if (tokens.status === 'False') return yes('RotatingTokens', tokens.message);
	if (facts.isFailoverPaused)
		return no('FailoverPaused', 'The annotation runevault.io/paused keeps the operator from appointing another primary.');
	return no('Complete', 'Nothing is under way.');
}

function degraded(facts: Facts): Finding<'Degraded'> {
	const keys = keyTrouble(facts) ?? keysLoaded(facts);
	if (keys.reason === 'KeysMissing' || keys.reason === 'KeygenFailed') return yes(keys.reason, keys.message);
	if (keys.reason === 'FingerprintMismatch' || keys.reason === 'NameTaken' || keys.reason === 'WrongAnswer')
		return yes(keys.reason, keys.message);
	const [problem] = facts.problems;
	if (problem !== undefined) return yes(problem.reason, `${problem.kind} ${problem.name}: ${problem.message}`);
	const down = facts.pods.filter(pod => facts.probes.get(pod.uid)?.isDown === true).map(pod => pod.name);
	const broken = [...new Set([...startingOrMissing(facts).broken, ...down])];
	if (broken.length > 0) return yes('PodsNotReady', `${list(broken)}: not ready, or no answer.`);
	return no('Healthy', 'Nothing is known to be wrong.');
}

function ready(found: Omit<Findings, 'Ready'>): Finding<'Ready'> {
	const { Accepted, ResolvedRefs, Programmed, KeysLoaded, PrimaryAvailable } = found;
	if (Accepted.status === 'False') return no('SpecInvalid', Accepted.message);
	if (ResolvedRefs.status === 'False') return no('RefsMissing', ResolvedRefs.message);
	if (KeysLoaded.status !== 'True') return no('KeysNotLoaded', KeysLoaded.message);
	if (Programmed.status === 'False') return no('NotProgrammed', Programmed.message);
	if (PrimaryAvailable.status !== 'True') return no('PrimaryNotAvailable', PrimaryAvailable.message);
	return yes('Serving', PrimaryAvailable.message);
}

/** All conditions of one vault. @param ongoing the change of primary that is under way */
export function findAll(facts: Facts, ongoing?: FailoverStatus['ongoing']): Findings {
	const found = {
		Accepted: accepted(facts),
		ResolvedRefs: resolvedRefs(facts),
		Programmed: programmed(facts),
		KeysLoaded: keysLoaded(facts),
		PrimaryAvailable: primaryAvailable(facts),
		StandbyReady: standbyReady(facts),
		TokensCurrent: tokensCurrent(facts),
		Protected: protectedness(facts, toldBits(facts)),
		BackupCurrent: backupCurrent(facts),
		Progressing: progressing(facts, ongoing),
		Degraded: degraded(facts),
	};
	return { Ready: ready(found), ...found };
}
