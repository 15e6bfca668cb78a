/** Where clients call. */
import { isPublicTls } from './certificate.ts';
import type { CheckedVault } from './inputs.ts';
import { namesOf, PUBLIC_PORT } from './names.ts';

/** The MCP URL: the Ingress when there is one, else the Service. */
export function endpointOf(vault: CheckedVault): string {
	const { name, namespace, spec } = vault;
	const { state, host, tlsSecretName } = spec.ingress;
	if (state === 'Enabled' && host !== undefined) return `${tlsSecretName === undefined ? 'http' : 'https'}://${host}/mcp`;
	return `${isPublicTls(vault) ? 'https' : 'http'}://${namesOf(name).service}.${namespace}.svc:${PUBLIC_PORT}/mcp`;
}
