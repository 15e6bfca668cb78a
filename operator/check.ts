/**
 * `node operator/check.js`, the pod of `helm test`: an operator is ready, the API server serves RuneVaults, the operator's account may read
 * them, and one operator leads. Each is tried until it holds or the time is over; the last lines say what does not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { resource as runeVaults } from '../crds/runevault.ts';
import { loadClusterConfig } from '../kube/config.ts';
import { get } from '../kube/objects.ts';
import { resources } from '../kube/resources.ts';
import { createTransport, type Transport } from '../kube/transport.ts';
import { LEADER_LEASE } from './config.ts';

const optionsSchema = z.object({
	OPERATOR_URL: z.url(),
	POD_NAMESPACE: z.string().min(1),
	WATCH_NAMESPACES: z
		.string()
		.default('')
		.transform(text => text.split(',').filter(each => each !== '')),
	TIMEOUT_SECONDS: z.coerce.number().pipe(z.int().min(1).max(600)).default(60),
});

export type CheckOptions = { url: string; namespace: string; watchNamespaces: readonly string[] };
/** Resolves when it holds. @throws Error with why it does not */
type Check = { name: string; holds: () => Promise<unknown> };

/** What an installation must be able to do, in the order of its parts. */
export function checksOf({ url, namespace, watchNamespaces }: CheckOptions, transport: Transport): Check[] {
	const { group, version, plural } = runeVaults;
	const base = `/apis/${group}/${version}`;
	const read = (path: string, query = {}) => transport.request<unknown>({ method: 'GET', path, query });
	return [
		{ name: 'the API server serves RuneVaults', holds: () => readKinds(read(base), plural) },
		...(watchNamespaces.length === 0 ? [undefined] : watchNamespaces).map(each => ({
			name: `the operator may read RuneVaults in ${each ?? 'every namespace'}`,
			holds: () => read(`${base}/${each === undefined ? '' : `namespaces/${each}/`}${plural}`, { limit: '1' }),
		})),
		{ name: 'an operator is ready', holds: () => isReady(url) },
		{ name: 'an operator leads', holds: () => isLed(transport, namespace) },
	];
}

async function readKinds(answer: Promise<unknown>, plural: string): Promise<void> {
	const { resources: served } = z.object({ resources: z.array(z.object({ name: z.string() })) }).parse(await answer);
	if (!served.some(({ name }) => name === plural)) throw new Error('it does not: is the chart runevault-crds installed?');
}

async function isReady(url: string): Promise<void> {
	const { status } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
	if (status !== 200) throw new Error(`/readyz answers ${status}`);
}

async function isLed(transport: Transport, namespace: string): Promise<void> {
	const lease = await get(transport, resources.leases, { namespace, name: LEADER_LEASE });
	if (!Object(lease?.spec).holderIdentity) throw new Error(`Lease ${LEADER_LEASE} has no holder`);
}

/** Tries each check until it holds. @returns whether all did before the time was over */
export async function checkAll(checks: readonly Check[], timeoutMs: number, say: (line: string) => void): Promise<boolean> {
	const deadline = performance.now() + timeoutMs;
	const results = await Promise.all(checks.map(check => untilHolds(check, deadline)));
	for (const [index, { name }] of checks.entries())
		say(results[index] === undefined ? `ok: ${name}` : `FAILED: ${name}: ${results[index]}`);
	return results.every(result => result === undefined);
}

/** @returns why it does not hold, when the time is over */
async function untilHolds({ holds }: Check, deadline: number): Promise<string | undefined> {
	for (;;) {
		const why = await holds().then(
			() => undefined,
			(error: Error) => error.message,
		);
		if (why === undefined || performance.now() >= deadline) return why;
		await sleep(500);
	}
}

async function main(): Promise<void> {
	const options = optionsSchema.parse(process.env);
	const transport = createTransport(await loadClusterConfig());
	const { OPERATOR_URL: url, POD_NAMESPACE: namespace, WATCH_NAMESPACES: watchNamespaces } = options;
	const hasPassed = await checkAll(checksOf({ url, namespace, watchNamespaces }, transport), options.TIMEOUT_SECONDS * 1000, console.log);
	await transport.close();
	process.exitCode = hasPassed ? 0 : 1;
}

if (import.meta.main) await main();
