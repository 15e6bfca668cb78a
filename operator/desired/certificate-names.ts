/** The names of a vault's certificate: those of its Services, of each pod, of the Ingress, and of this machine for forwarded ports. */
import type { CheckedVault } from './inputs.ts';
import { namesOf } from './names.ts';

/** Host names under which clients reach the vault. */
export function clientNames({ name, namespace, spec }: CheckedVault, clusterDomain: string): string[] {
	const { service } = namesOf(name);
	const own = `${service}.${namespace}.svc`;
	return [
		service,
		`${service}.${namespace}`,
		own,
		`${own}.${clusterDomain}`,
		...(spec.ingress.host === undefined ? [] : [spec.ingress.host]),
	];
}

/** All names of the certificate that the operator issues. */
export function serverNames(vault: CheckedVault, clusterDomain: string): string[] {
	const pods = `*.${namesOf(vault.name).podService}.${vault.namespace}.svc`;
	return [...clientNames(vault, clusterDomain), pods, `${pods}.${clusterDomain}`, 'localhost', '127.0.0.1'];
}

/** The name by which the operator knows a pod, whatever its address. */
export const podHost = (vault: { name: string; namespace: string }, pod: string): string =>
	`${pod}.${namesOf(vault.name).podService}.${vault.namespace}.svc`;
