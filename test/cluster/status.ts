/** The cluster as one text a person can read: a table of components, the nodes, and what is not well. */
import { ailments, kubectl } from './health.ts';
import { running } from './paths.ts';
import { isAlive, logOf, type ProcessRecord, recorded, residentBytes } from './processes.ts';
import { readRecord } from './record.ts';
import { renderTable } from './table.ts';

function row(process: ProcessRecord): string[] {
	const alive = isAlive(process);
	const memory = alive ? `${Math.round(residentBytes(process.pid) / 1024 ** 2)} MB` : '';
	return [process.name, alive ? 'running' : 'ended', String(process.pid), memory, logOf(process.name)];
}

/** @returns the text, and whether there is a cluster and it is whole */
export async function status(): Promise<{ text: string; isWell: boolean }> {
	const record = await readRecord();
	if (record === undefined) return { text: 'no cluster on this machine (make cluster-up)', isWell: false };
	const wrong = await ailments(record.nodes);
	const parts = [
		`${record.nodes} nodes, started ${record.startedAt} from ${record.checkout}`,
		renderTable(['COMPONENT', 'STATE', 'PID', 'MEMORY', 'LOG'], (await recorded()).map(row)),
		wrong.length === 0 ? (await kubectl(['get', 'nodes', '-o', 'wide'])).trimEnd() : wrong.map(line => `not well: ${line}`).join('\n'),
		`kubeconfig: ${running.kubeconfig}`,
	];
	return { text: parts.join('\n\n'), isWell: wrong.length === 0 };
}
