/** What the builders are given: the checked resource, and what is known of the world. Plain values, frozen in time. */
import type { RuneVaultSpec } from '../../crds/runevault.ts';

/** A RuneVault whose spec has been checked. */
export type CheckedVault = { name: string; namespace: string; uid: string; spec: RuneVaultSpec };

/** What pods know of a token. `expiresAt`: RFC 3339, from when on they refuse it by themselves. */
export type Verifier = { name: string; role: 'Member' | 'Admin'; generation: number; sha256: string; expiresAt?: string };

export type Inputs = {
	/** Image of the Vault pods when the spec names none. */
	image: string;
	/** Version of the operator, for the label. */
	version: string;
	operatorNamespace: string;
	clusterDomain: string;
	/** Whether keys must be made, or completed, by the keygen Job. */
	isKeygenWanted: boolean;
	/** Whether keygen still has a key to adopt: not once one is recorded, whatever the spec says. */
	isImportWanted: boolean;
	/** Whether the pods are to exist: once there are keys, and for ever after. */
	isWorkloadWanted: boolean;
	/** Of the current key; undefined until there is one. */
	fingerprint: string | undefined;
	/** Bits of that key that were given away at worst, as the status tells; undefined before there is a status of it. */
	releasedBits: number | undefined;
	/** In the order of the spec. */
	verifiers: readonly Verifier[];
	/** Whether Kubernetes itself routes clients to a ready pod, by the Service's selector. */
	hasPodRoute: boolean;
	/** Whether the cluster knows ServiceMonitors. */
	hasServiceMonitors: boolean;
	/** Whether the cluster knows cert-manager's Certificates. */
	hasCertificates: boolean;
	/** Whether the cluster knows HTTPRoutes of the Gateway API. */
	hasHttpRoutes: boolean;
	/** Whether it knows the Gateway API's BackendTLSPolicies. */
	hasBackendTlsPolicies: boolean;
	/** Whether it knows Traefik's ServersTransports and Middlewares. */
	hasTraefik: boolean;
	/** The authorities of the pods' certificate, as PEM; undefined while it is not known. */
	authority: string | undefined;
};
