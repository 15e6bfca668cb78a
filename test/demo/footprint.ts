/** How much memory the operator and the Vaults take, and how large the image is, beside what was promised. */
import { z } from 'zod';
import { builtImage } from '../../scripts/image.ts';
import { INTERNAL_PORT, OPERATOR_NAMESPACE, type Target, type VaultName } from '../install/installation.ts';
import type { Kubectl } from '../install/kubectl.ts';
import type { Story } from './story.ts';

const MIB = 1024 * 1024;
const LIMITS_MIB = { operator: 120, vault: 200, image: 200 };
const OPERATOR_METRICS_PORT = 8080;

/** Tells the resident memory of every pod, read from its own metrics, and the size of the image. */
export async function tellFootprint(story: Story, target: Target, vault: VaultName): Promise<void> {
	const { kubectl } = target;
	const rows: string[][] = [];
	const measure = async (what: 'operator' | 'vault', namespace: string, selector: string, port: number) => {
		for (const pod of await podNames(kubectl, namespace, selector)) {
			const mib = (await residentBytes(kubectl, namespace, pod, port)) / MIB;
			rows.push([pod, mib.toFixed(0), String(LIMITS_MIB[what])]);
			story.figure(`${what}_rss_mib`, Math.round(mib));
			story.check(`${pod} takes less than ${LIMITS_MIB[what]} MiB`, mib < LIMITS_MIB[what]);
		}
	};
	await measure('operator', OPERATOR_NAMESPACE, 'app.kubernetes.io/name=runevault', OPERATOR_METRICS_PORT);
	await measure('vault', vault.namespace, `runevault.io/vault=${vault.name},app.kubernetes.io/component=vault`, INTERNAL_PORT);
	const image = target.isRoutable ? await builtImage() : undefined;
	if (image !== undefined) {
		const mib = image.bytes / MIB;
		rows.push(['image, unpacked', mib.toFixed(0), String(LIMITS_MIB.image)]);
		story.figure('image_mib', Math.round(mib));
		story.check(`the image is smaller than ${LIMITS_MIB.image} MiB`, mib < LIMITS_MIB.image);
	}
	story.table(['what', 'MiB', 'limit'], rows);
}

async function podNames(kubectl: Kubectl, namespace: string, selector: string): Promise<string[]> {
	const text = await kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']);
	const list = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) }).parse(JSON.parse(text));
	return list.items.map(item => item.metadata.name);
}

async function residentBytes(kubectl: Kubectl, namespace: string, pod: string, port: number): Promise<number> {
	const scheme = port === INTERNAL_PORT ? 'https' : 'http';
	const metrics = await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${scheme}:${pod}:${port}/proxy/metrics`]);
	const value = /^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1];
	if (value === undefined) throw new Error(`${pod} has no process_resident_memory_bytes`);
	return Number(value);
}
