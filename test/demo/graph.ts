/** The run as Prometheus saw it: a real one on this machine, which scrapes each second, and the panels of the chart's dashboard drawn from it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../api/harness.ts';
import { checkout, program } from '../cluster/paths.ts';
import { authorityOf, OPERATOR_NAMESPACE, type Target, type VaultName } from '../install/installation.ts';
import { until } from '../install/run.ts';
import { answerPanels, readDashboard } from '../monitoring/dashboard.ts';
import { renderDashboard } from '../monitoring/figure.ts';
import { createPrometheus } from '../monitoring/prometheus.ts';
import type { Story } from './story.ts';

const FILE = join('build', 'reports', 'demo.svg');

export type Graph = { draw(story: Story): Promise<void>; stop(): Promise<void> };

/** Starts to watch; undefined where this machine cannot route to pods. */
export async function watchRun({ kubectl, isRoutable }: Target, vault: VaultName): Promise<Graph | undefined> {
	if (!isRoutable) return undefined;
	const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
	const [port = 0] = await freePorts(1);
	const start = Date.now() / 1000;
	await writeFile(join(directory, 'ca.crt'), await authorityOf(kubectl, vault));
	await writeFile(join(directory, 'prometheus.yaml'), JSON.stringify(configuration(kubectl.kubeconfig, vault)));
	const args = [`--config.file=${join(directory, 'prometheus.yaml')}`, `--storage.tsdb.path=${join(directory, 'data')}`];
	const child = spawn(program('prometheus'), [...args, `--web.listen-address=127.0.0.1:${port}`], { cwd: directory, stdio: 'ignore' });
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGKILL');
			await once(child, 'exit');
		}
		await rm(directory, { recursive: true });
	};
	const url = `http://127.0.0.1:${port}`;
	try {
		await until('a Prometheus that is ready', async () => (await fetch(`${url}/-/ready`)).ok, 60_000);
	} catch (error) {
		await stop();
		throw error;
	}
	return {
		stop,
		async draw(story) {
			const span = { namespace: vault.namespace, vault: vault.name, start, end: Date.now() / 1000 };
			const answered = await answerPanels(await readDashboard(), createPrometheus(url), span);
			await mkdir(join(checkout, 'build', 'reports'), { recursive: true });
			await writeFile(join(checkout, FILE), renderDashboard(answered));
			story.chapter('As Prometheus saw it');
			story.tell(`the panels of the dashboard over this run: ${FILE}`);
			const empty = answered.panels.filter(({ series }) => series.length === 0).map(({ title }) => title);
			story.check(
				`${answered.panels.length - empty.length} of ${answered.panels.length} panels have lines`,
				empty.length < answered.panels.length / 2,
			);
		},
	};
}

/** The labels are those that the chart's ServiceMonitors give. */
function configuration(kubeconfig: string, { namespace, name }: VaultName): object {
	const discovery = (where: string) => [{ role: 'pod', kubeconfig_file: kubeconfig, namespaces: { names: [where] } }];
	const keep = (label: string, value: string) => ({ action: 'keep', source_labels: [`__meta_kubernetes_pod_${label}`], regex: value });
	const copy = (label: string, target: string) => ({ source_labels: [`__meta_kubernetes_${label}`], target_label: target });
	const common = [copy('namespace', 'namespace'), copy('pod_name', 'pod')];
	return {
		global: { scrape_interval: '1s', scrape_timeout: '1s' },
		scrape_configs: [
			{
				job_name: 'runevault-vault',
				scheme: 'https',
				tls_config: { ca_file: 'ca.crt', server_name: `${name}.${namespace}.svc` },
				kubernetes_sd_configs: discovery(namespace),
				relabel_configs: [
					keep('label_runevault_io_vault', name),
					keep('container_port_name', 'internal'),
					copy('pod_label_runevault_io_vault', 'vault'),
					...common,
				],
			},
			{
				job_name: 'runevault',
				kubernetes_sd_configs: discovery(OPERATOR_NAMESPACE),
				// RuneVaults' own namespace and name are labels of the operator's metrics.
				honor_labels: true,
				relabel_configs: [keep('container_port_name', 'metrics'), ...common],
			},
		],
	};
}
