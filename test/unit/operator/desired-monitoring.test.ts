/** What of an owned object is for Prometheus. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { desired } from '../../../operator/desired/index.ts';
import { inputs, vault } from './builders.ts';

const objectsOf = (monitoring: Record<string, unknown>) => desired(vault({ monitoring }), inputs({ hasServiceMonitors: true }));
const facts = (serviceMonitor: string) => {
	const objects = objectsOf({ serviceMonitor });
	const of = (kind: string, name: string) => Object(objects.find(each => each.kind === kind && each.metadata.name === name));
	return {
		monitor: of('ServiceMonitor', 'acme').kind !== undefined,
		label: of('Service', 'acme-pods').metadata.labels['runevault.io/monitor'],
		isOpen: JSON.stringify(of('NetworkPolicy', 'acme').spec.ingress[1].from).includes('"prometheus"'),
	};
};

describe('spec.monitoring', () => {
	it('[OPR-161] Enabled: a ServiceMonitor of its own', () =>
		assert.deepEqual(facts('Enabled'), { monitor: true, label: undefined, isOpen: true }));
	it('[OPR-161] Shared: none, and the Service is marked for the one of the chart', () =>
		assert.deepEqual(facts('Shared'), { monitor: false, label: 'shared', isOpen: true }));
	it('[OPR-161] Disabled: none, and Prometheus is not let in', () =>
		assert.deepEqual(facts('Disabled'), { monitor: false, label: undefined, isOpen: false }));
	it('[OPR-162] names series by vault and job as the rules expect', () => {
		const { spec } = Object(objectsOf({}).find(({ kind }) => kind === 'ServiceMonitor'));
		assert.equal(spec.jobLabel, 'app.kubernetes.io/name');
		assert.deepEqual(spec.endpoints[0].relabelings, [
			{ sourceLabels: ['__meta_kubernetes_service_label_runevault_io_vault'], targetLabel: 'vault' },
		]);
	});
});
