/**
 * ServiceMonitor `<name>`, where the Prometheus Operator is installed: scrapes every pod through the headless Service. Series carry `vault`
 * and `namespace`, as those of the operator do, and job `runevault-vault`: the rules of the chart go by these.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { LABELS, namesOf } from './names.ts';

const VAULT_LABEL = { sourceLabels: ['__meta_kubernetes_service_label_runevault_io_vault'], targetLabel: 'vault' };

export function buildServiceMonitor(vault: CheckedVault, inputs: Inputs): KubeObject | undefined {
	const { serviceMonitor, labels } = vault.spec.monitoring;
	if (serviceMonitor !== 'Enabled' || !inputs.hasServiceMonitors) return undefined;
	const { workload, service, serverSecret } = namesOf(vault.name);
	// Pods are scraped by their address, which no certificate names.
	const tlsConfig = { ca: { secret: { name: serverSecret, key: 'ca.crt' } }, serverName: `${service}.${vault.namespace}.svc` };
	return {
		apiVersion: 'monitoring.coreos.com/v1',
		kind: 'ServiceMonitor',
		metadata: metadataOf(vault, inputs, workload, 'vault', labels === undefined ? {} : { labels }),
		spec: {
			selector: { matchLabels: { [LABELS.vault]: vault.name, [LABELS.component]: 'pods' } },
			jobLabel: LABELS.name,
			endpoints: [{ port: 'internal', path: '/metrics', scheme: 'https', tlsConfig, relabelings: [VAULT_LABEL] }],
		},
	};
}
