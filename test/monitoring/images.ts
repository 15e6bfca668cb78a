/** Prometheus and its operator as images in every node, each one static binary. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildArchive } from '../../scripts/archive.ts';
import { type Archive, load } from '../cluster/load.ts';
import { componentDirectory, versions } from '../cluster/paths.ts';
import { planNodes } from '../cluster/plan.ts';
import { readRecord } from '../cluster/record.ts';

const parts = {
	prometheus: { component: 'prometheus', program: 'prometheus', at: '/bin/prometheus' },
	operator: { component: 'prometheus-operator', program: 'operator', at: '/bin/operator' },
	// Where the Prometheus Operator starts it by its path.
	reloader: { component: 'prometheus-operator', program: 'prometheus-config-reloader', at: '/bin/prometheus-config-reloader' },
} as const;
type Part = keyof typeof parts;

export const imageOf = (part: Part): string => `localhost/${parts[part].program}:${versions[parts[part].component]}`;

async function archiveOf(part: Part): Promise<Archive> {
	const { component, program, at } = parts[part];
	const directory = componentDirectory(component);
	const archive = { reference: imageOf(part), file: join(directory, `${program}.tar`) };
	if (existsSync(archive.file)) return archive;
	const dockerfile = join(directory, `${program}.Dockerfile`);
	await writeFile(dockerfile, `FROM scratch\nCOPY bin/${program} ${at}\nUSER 65534\nENTRYPOINT ["${at}"]\n`);
	const fresh = `${archive.file}.${process.pid}`;
	await buildArchive({ builder: 'buildah', context: directory, dockerfile, reference: archive.reference, file: fresh });
	await rename(fresh, archive.file);
	return archive;
}

/** Puts the images into the nodes of the cluster of `test/cluster/`. @throws Error when there is none */
export async function loadImages(): Promise<void> {
	const record = await readRecord();
	if (record === undefined) throw new Error('no cluster on this machine (make cluster-up)');
	for (const part of Object.keys(parts) as Part[]) {
		const archive = await archiveOf(part);
		await Promise.all(planNodes(record.nodes).map(node => load(node, archive, archive.reference)));
	}
}
