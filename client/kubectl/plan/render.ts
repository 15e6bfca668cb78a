/** A plan as a person reads it: what changes, what restarts, what clients notice, and how sure that is. Pure. */
import { indent, oneLine } from '../text.ts';
import type { Restart } from './restarts.ts';
import type { Step } from './steps.ts';

export type Plan = {
	vault: Step;
	namespace: string;
	objects: readonly Step[];
	restarts: readonly Restart[];
	forecast: string;
	notes: {
		isChecked: boolean;
		isNew: boolean;
		isPaused: boolean;
		/** What ran before had no valid spec. */
		isFirstValid: boolean;
		mayListPods: boolean;
		/** Pods that are not ready now. */
		unready: readonly string[];
		/** Objects that were not applied from the present spec, as far as this plug-in knows how. */
		strangers: readonly string[];
	};
};

const SIGNS = { created: '+', changed: '~', removed: '-', unchanged: '=' } as const;

export function renderPlan({ vault, namespace, objects, restarts, forecast, notes }: Plan): string[] {
	const changed = [vault, ...objects].filter(({ what }) => what !== 'unchanged');
	const count = (what: Step['what']) => `${objects.filter(each => each.what === what).length} ${what}`;
	return [
		`${namespace}/${vault.name}  ${changed.length === 0 ? 'no change' : `${count('created')}, ${count('changed')}, ${count('removed')}, ${count('unchanged')}`}`,
		...indent([
			...changed.flatMap(each => [
				`${SIGNS[each.what]} ${each.kind} ${each.name}${each.isHidden ? ' (may not be read: compared with what it should be)' : ''}`,
				...indent(each.changes.map(({ path, from, to }) => `${path}: ${valueText(from)} → ${valueText(to)}`)),
			]),
			...(changed.length === 0 ? [] : ['restarts', ...indent(restartLines(restarts, notes.mayListPods)), 'gap', ...indent([forecast])]),
			...noteLines(notes).map(line => `note: ${line}`),
		]),
	];
}

const valueText = (value: unknown): string => {
	if (value === undefined) return '(none)';
	return oneLine(typeof value === 'string' ? value : JSON.stringify(value)) || '""';
};

function restartLines(restarts: readonly Restart[], mayListPods: boolean): string[] {
	if (!mayListPods) return ['not known: you may not list pods'];
	if (restarts.length === 0) return ['none'];
	return restarts.map(restartLine);
}

function restartLine(restart: Restart): string {
	switch (restart.kind) {
		case 'handover':
			return `${restart.from} hands over to ${restart.to}`;
		case 'added':
			return `${restart.pod} is made`;
		case 'ended':
			return `${restart.pod} is ended${restart.wasPrimary ? ', the primary: a standby takes over' : ''}`;
		case 'restarted':
			return `${restart.pod} restarts${restart.wasPrimary ? ', the primary' : ''}`;
	}
}

function noteLines({ isChecked, isNew, isPaused, isFirstValid, unready, strangers }: Plan['notes']): string[] {
	return [
		...(isChecked
			? []
			: [
					'you may not write RuneVaults, so the API server was not asked: a change of what is immutable, or a field it does not know, is not told',
				]),
		...(isNew ? ['the pods are made once the Job has made the key; then the Job and what belongs to it go'] : []),
		...(isPaused ? ['it is paused: none of this happens before kubectl runevault resume'] : []),
		...(isFirstValid ? ['the present spec is not valid: objects that only it wanted are not known'] : []),
		...(unready.length === 0 ? [] : [`pods are replaced one at a time when all are ready; now ${unready.join(', ')} is not`]),
		...(strangers.length === 0
			? []
			: [
					`${strangers.join(', ')}: not made from the present spec as this plug-in would: the operator is of another version, has not got to it, or is paused; what it changes by itself is shown too`,
				]),
	];
}
