/** Every metric that a Vault and the operator have, from their real registries. */
import { createMetrics as createOperatorMetrics } from '../../../operator/metrics.ts';
import { createMetrics as createVaultMetrics } from '../../../vault/metrics.ts';
import { newState } from '../../../vault/state.ts';

export type Metric = { name: string; help: string; type: string };

const audit = {
	written: { lines: 0, bytes: 0 },
	watch: () => undefined,
	write: async () => undefined,
	close: async () => undefined,
	freeBytes: async () => 1,
};
const ledger = {
	admit: () => undefined,
	reserve: async () => undefined,
	guardRejected: async () => undefined,
	balance: () => ({ released: 0, limit: 1, left: 1, onLimit: 'Alert' as const, today: 0 }),
	totals: { released: 0, guardRejections: 0, failures: 0, account: () => 0 },
};

/** Those with everything a pod may have: an audit volume and a memory limit. */
export async function vaultMetrics(): Promise<Metric[]> {
	const { registry } = createVaultMetrics({ state: newState(), audit, ledger, limits: { limitPerKey: 3000 } }, 2 ** 30);
	return parse(await registry.metrics());
}

export async function operatorMetrics(): Promise<Metric[]> {
	return parse(await createOperatorMetrics(1).registry.metrics());
}

function parse(text: string): Metric[] {
	const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
	return [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => ({ name, help, type: types.get(name) ?? '' }));
}

/** Names of series: those of a histogram and a summary are several. */
export const seriesOf = ({ name, type }: Metric): string[] => {
	if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
	if (type === 'summary') return [name, `${name}_sum`, `${name}_count`];
	return [name];
};
