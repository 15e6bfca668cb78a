/** The kinds that a way from outside may need, as their projects publish them. */
import type { KubeObject } from '../../kube/resources.ts';
import { versions } from '../cluster/paths.ts';
import { objectsOfModule } from './go-module.ts';

/** Of the version that Traefik is built with. */
const GATEWAY_API = 'sigs.k8s.io/gateway-api@v1.4.0';
const TRAEFIK = `github.com/traefik/traefik/v3@${versions.traefik}`;

const GATEWAY_KINDS = ['backendtlspolicies', 'gatewayclasses', 'gateways', 'grpcroutes', 'httproutes', 'referencegrants'];
const TRAEFIK_KINDS = [
	...['ingressroutes', 'ingressroutetcps', 'ingressrouteudps', 'middlewares', 'middlewaretcps', 'serverstransports'],
	...['serverstransporttcps', 'tlsoptions', 'tlsstores', 'traefikservices'],
];

/** CRDs of the Gateway API's standard channel. */
export const gatewayCrds = (): Promise<KubeObject[]> =>
	objectsOfModule(
		GATEWAY_API,
		GATEWAY_KINDS.map(plural => `config/crd/standard/gateway.networking.k8s.io_${plural}.yaml`),
	);

/** CRDs of Traefik. */
export const traefikCrds = (): Promise<KubeObject[]> =>
	objectsOfModule(
		TRAEFIK,
		TRAEFIK_KINDS.map(plural => `docs/content/reference/dynamic-configuration/traefik.io_${plural}.yaml`),
	);
