/** ConfigMap `<name>-config`: what a Vault pod and the keygen Job read at start. */
import { durationMs } from '../../crds/fields.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { VaultConfig } from '../../vault/config.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { INTERNAL_PORT, KEY_VERSION, namesOf, PATHS, PUBLIC_PORT } from './names.ts';
import { kekFile } from './pod.ts';

/** Values of `Host` under which clients may call. */
function hostsOf({ name, namespace, spec }: CheckedVault, clusterDomain: string): string[] {
	const names = namesOf(name);
	const service = [names.service, `${names.service}.${namespace}`, `${names.service}.${namespace}.svc`];
	const pods = [`.${names.podService}.${namespace}.svc`];
	const whole = [`${names.service}.${namespace}.svc.${clusterDomain}`, `.${names.podService}.${namespace}.svc.${clusterDomain}`];
	return [...service, ...pods, ...whole, ...(spec.ingress.host === undefined ? [] : [spec.ingress.host])];
}

/** The renewal deadline and the retry period in client-go's proportion to the lease: 15, 10 and 2 seconds. */
function leaseOf({ name, spec }: CheckedVault): VaultConfig['lease'] {
	const durationSeconds = durationMs(spec.failover.leaseDuration) / 1000;
	const { lease, endpointSlice } = namesOf(name);
	const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
	return {
		name: lease,
		durationSeconds,
		renewDeadlineSeconds: round((durationSeconds * 2) / 3),
		retryPeriodSeconds: round((durationSeconds * 2) / 15),
		endpointSlice,
	};
}

/** What each pod grants a token: with every ready pod routed to, its share of what the token is granted. */
function limitsOf({ spec }: CheckedVault): VaultConfig['limits'] {
	const { limits } = spec.access;
	const pods = spec.routing === 'AllReady' ? spec.replicas : 1;
	return { ...limits, callsPerMinute: Math.ceil(limits.callsPerMinute / pods) };
}

/** The internal port always has the operator's certificate; the public one what the spec says. */
function tlsOf({ spec: { tls } }: CheckedVault): VaultConfig['tls'] {
	const folders = { SelfSigned: PATHS.tls, Secret: PATHS.publicTls, CertManager: PATHS.publicTls, Disabled: undefined };
	const folder = folders[tls.type];
	return { internal: PATHS.tls, ...(folder === undefined ? {} : { public: folder }) };
}

function protectionOf({ name, spec }: CheckedVault): VaultConfig['protection'] {
	const { provenance, guardRows, smudge, releasedBits } = spec.protection;
	return { provenance, guardRows, smudge: Number(smudge), releasedBits: { ...releasedBits, ledger: namesOf(name).ledger } };
}

export function buildVaultConfig(vault: CheckedVault, inputs: Pick<Inputs, 'clusterDomain' | 'fingerprint'>): VaultConfig {
	const { spec } = vault;
	return {
		vault: vault.name,
		namespace: vault.namespace,
		team: spec.team,
		dimension: spec.keys.dimension,
		...(spec.keys.indexName === undefined ? {} : { indexName: spec.keys.indexName }),
		keys: {
			directory: PATHS.keys,
			versions: [KEY_VERSION],
			kekFile: kekFile(vault),
			...(inputs.fingerprint === undefined ? {} : { fingerprint: inputs.fingerprint }),
		},
		verifiersFile: PATHS.verifiersFile,
		canaryDirectory: PATHS.canaries,
		limits: limitsOf(vault),
		lease: leaseOf(vault),
		ports: { public: PUBLIC_PORT, internal: INTERNAL_PORT },
		tls: tlsOf(vault),
		...(spec.audit.sink === 'Volume' ? { audit: { directory: PATHS.audit } } : {}),
		protection: protectionOf(vault),
		...(spec.tracing === undefined ? {} : { tracing: spec.tracing }),
		hosts: hostsOf(vault, inputs.clusterDomain),
		origins: [],
	};
}

export function buildConfigMap(vault: CheckedVault, inputs: Inputs): KubeObject {
	return {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).config, 'config'),
		data: { 'config.json': JSON.stringify(buildVaultConfig(vault, inputs), undefined, 2) },
	};
}
