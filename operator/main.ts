/** `node operator/main.js`: reads the options, runs until SIGTERM, gives the leadership back. */

import { loadClusterConfig } from '../kube/config.ts';
import { createTransport } from '../kube/transport.ts';
import { readConfig } from './config.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { askPod } from './observe/probe.ts';
import { createOperator } from './operator.ts';
import { listen } from './server.ts';
import { issueInProcess } from './tls/issue-process.ts';
import { version } from './version.ts';

async function main(): Promise<void> {
	const config = readConfig(process.env);
	const log = createLog(config.logLevel);
	const metrics = createMetrics(config.workers);
	const transport = createTransport(await loadClusterConfig(), { observe: metrics.request, userAgent: `runevault-operator/${version}` });
	const operator = createOperator({ config, transport, ask: askPod, issue: issueInProcess, log, metrics });
	const server = await listen(config.metricsPort, metrics.registry, operator.health);
	const stop = new AbortController();
	for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
	log.info({ version, namespaces: config.watchNamespaces }, 'operator starts');
	try {
		await operator.run(stop.signal);
	} finally {
		server.close();
		await transport.close();
		log.info('operator ends');
	}
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : String(error));
	process.exitCode = 1;
}
