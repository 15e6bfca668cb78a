/** The kinds of the Prometheus Operator that the chart makes, as it publishes them. */
import type { KubeObject } from '../../kube/resources.ts';
import { versions } from '../cluster/paths.ts';
import { objectsOfModule } from './go-module.ts';

/** Its Go module: its CRDs and its manifests are in folder `example`. */
export const PROMETHEUS_OPERATOR = `github.com/prometheus-operator/prometheus-operator@${versions['prometheus-operator']}`;

/** CRDs ServiceMonitor and PrometheusRule. */
export const monitoringCrds = (): Promise<KubeObject[]> =>
	objectsOfModule(
		PROMETHEUS_OPERATOR,
		['servicemonitors', 'prometheusrules'].map(plural => `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`),
	);
