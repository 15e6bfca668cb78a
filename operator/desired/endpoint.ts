/** Where clients call. */
import { isPublicTls } from './certificate.ts';
import type { CheckedVault } from './inputs.ts';
import { namesOf, PUBLIC_PORT } from './names.ts';

/** The MCP URL: the Ingress or HTTPRoute when there is one, else the Service. A Gateway is taken to speak HTTPS. */
export function endpointOf(vault: CheckedVault): string {
	const { name, namespace, spec } = vault;
	const { state, type, host, tlsSecretName } = spec.ingress;
	const isTls = type === 'HTTPRoute' || tlsSecretName !== undefined;
	if (state === 'Enabled' && host !== undefined) return `${isTls ? 'https' : 'http'}://${host}/mcp`;
	return `${isPublicTls(vault) ? 'https' : 'http'}://${namesOf(name).service}.${namespace}.svc:${PUBLIC_PORT}/mcp`;
}
