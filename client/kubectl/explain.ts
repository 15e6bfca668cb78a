/** `explain`: what conditions and reasons mean and what to do, of a vault or of a word; the words need no cluster. */
import { CONDITION_TYPES, type Condition, type ConditionType } from '../../crds/conditions.ts';
import { CONDITIONS, type Explanation } from '../../crds/explanations.ts';
import { BACKUPS, RESTORES } from '../../crds/explanations-backup.ts';
import { EVENTS, FAILOVERS } from '../../crds/explanations-events.ts';
import type { RuneVault } from '../../crds/runevault.ts';
import { CommandError } from './refusals.ts';
import { isGood } from './render-status.ts';
import type { Session } from './session.ts';
import { COLUMNS, columns, INDENT, indent, oneLine } from './text.ts';
import { readVault } from './vaults.ts';

/** `name` and `term` may both be absent: then all conditions are listed. */
export type ExplainQuestion = { name: string | undefined; term: string | undefined };

const WIDTH = COLUMNS - INDENT.length;

/** Every word that can be explained. */
export const TERMS: readonly string[] = [
	...new Set([
		...CONDITION_TYPES,
		...CONDITION_TYPES.flatMap(type => Object.keys(CONDITIONS[type].reasons)),
		...Object.keys(EVENTS),
		...Object.keys(FAILOVERS),
		...[BACKUPS, RESTORES].flatMap(conditions => Object.values(conditions).flatMap(Object.keys)),
	]),
];

const explanationOf = (type: ConditionType, reason: string): Explanation | undefined =>
	Object.entries(CONDITIONS[type].reasons).find(([known]) => known === reason)?.[1];

function lines({ means, todo }: Explanation, message?: string, name = '<name>'): string[] {
	const rows = [
		...(message === undefined ? [] : [['says', message]]),
		['means', means.replaceAll('<name>', name)],
		...(todo === undefined ? [] : [['do', todo.replaceAll('<name>', name)]]),
	];
	return indent(columns(rows, WIDTH));
}

/** What the word means wherever it stands. @throws CommandError when it stands nowhere. */
export function explainTerm(term: string): string[] {
	if (!TERMS.includes(term))
		throw new CommandError(`${oneLine(term)} is neither a condition nor a reason; kubectl runevault explain lists them`);
	const condition = CONDITION_TYPES.find(type => type === term);
	const whole = condition === undefined ? [] : [`${condition}: ${CONDITIONS[condition].asks}`, ...reasonsOf(condition)];
	const ofConditions = CONDITION_TYPES.flatMap(type => {
		const found = explanationOf(type, term);
		return found === undefined ? [] : [`${term}, of the condition ${type}`, ...lines(found)];
	});
	const others = [
		['an event', EVENTS],
		['of a change of primary', FAILOVERS],
		['of the condition Complete of a RuneVaultBackup', BACKUPS.Complete],
		['of the condition Verified of a RuneVaultBackup', BACKUPS.Verified],
		['of the condition Complete of a RuneVaultRestore', RESTORES.Complete],
	] as const;
	const rest = others.flatMap(([what, table]) => {
		const found = Object.entries<Explanation>(table).find(([reason]) => reason === term)?.[1];
		return found === undefined ? [] : [`${term}, ${what}`, ...lines(found)];
	});
	return [...whole, ...ofConditions, ...rest];
}

const reasonsOf = (type: ConditionType): string[] =>
	indent(Object.entries<Explanation>(CONDITIONS[type].reasons).flatMap(([reason, found]) => [reason, ...lines(found)]));

/** What is so of this vault: one condition, or all that are not as they should be. */
export function explainVault({ metadata, status }: RuneVault, term: string | undefined): string[] {
	const where = `${metadata.namespace}/${metadata.name}`;
	const all = status?.conditions ?? [];
	if (all.length === 0) return [`${where}: the operator has not reported yet; is it running, and does it watch this namespace?`];
	const asked = all.filter(({ type, reason }) => (term === undefined ? true : type === term || reason === term));
	if (term !== undefined && asked.length === 0) return [`${where}: no condition has the reason ${term} now`, ...explainTerm(term)];
	const shown = term === undefined ? asked.filter(condition => !isGood(condition)) : asked;
	if (shown.length === 0) return [`${where}: every condition is as it should be`];
	return [where, ...shown.flatMap(condition => indent(conditionLines(condition, metadata.name)))];
}

function conditionLines({ type, status, reason, message }: Condition, name: string): string[] {
	const unknown = { means: 'This plug-in does not know this reason: the operator is newer.' };
	return [oneLine(`${type}=${status}  ${reason}`), ...lines(explanationOf(type, reason) ?? unknown, message, name)];
}

/** All conditions with the question each answers. */
const overview = (): string[] =>
	columns(
		CONDITION_TYPES.map(type => [type, CONDITIONS[type].asks] as const),
		COLUMNS,
	);

/** What needs no cluster. @throws CommandError for a word that is not known. */
export const explainWords = (term: string | undefined): string[] => (term === undefined ? overview() : explainTerm(term));

/** @throws CommandError when there is no such RuneVault, or no such word. */
export async function explain(session: Session, { name, term }: ExplainQuestion): Promise<void> {
	const words = explainWords(term);
	const shown = name === undefined ? words : explainVault(await readVault(session, name), term);
	for (const line of shown) session.print(line);
}
