/** The charts, as Helm renders them. */
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../kube/resources.ts';
import { checkout, program } from '../cluster/paths.ts';
import { run } from '../install/run.ts';

export const OPERATOR_NAMESPACE = 'runevault-system';
export type Chart = 'runevault' | 'runevault-crds';

export const chartFolder = (chart: Chart): string => join(checkout, 'charts', chart);

/** What `helm template` prints. @throws Error with Helm's words when it refuses the values */
export function renderText(chart: Chart, args: readonly string[] = []): Promise<string> {
	return run(program('helm'), ['template', 'runevault', chartFolder(chart), '-n', OPERATOR_NAMESPACE, ...args]);
}

export function parseObjects(text: string): KubeObject[] {
	return parseAllDocuments(text)
		.map(document => document.toJS() as KubeObject | null)
		.filter(object => object !== null);
}

/** `--set` for each value. */
export const set = (...values: string[]): string[] => values.flatMap(value => ['--set', value]);
