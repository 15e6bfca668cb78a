/** Secret `<name>-token-<token>`: the token for its holder, where to call, and a snippet for any MCP client. */
import type { KubeObject } from '../../kube/resources.ts';
import { endpointOf } from './endpoint.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { ANNOTATIONS, namesOf } from './names.ts';

export type Token = { name: string; generation: number; text: string; sha256: string; rotatedAt: string };

const encode = (text: string) => Buffer.from(text).toString('base64');

export function buildTokenSecret(vault: CheckedVault, inputs: Pick<Inputs, 'version'>, token: Token): KubeObject {
	const endpoint = endpointOf(vault);
	const servers = { [`runevault-${vault.name}`]: { type: 'http', url: endpoint, headers: { Authorization: `Bearer ${token.text}` } } };
	const annotations = {
		[ANNOTATIONS.generation]: String(token.generation),
		[ANNOTATIONS.tokenDigest]: token.sha256,
		[ANNOTATIONS.rotatedAt]: token.rotatedAt,
	};
	return {
		apiVersion: 'v1',
		kind: 'Secret',
		type: 'Opaque',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).tokenSecret(token.name), 'token', { annotations }),
		data: {
			token: encode(token.text),
			endpoint: encode(endpoint),
			'mcp.json': encode(JSON.stringify({ mcpServers: servers }, undefined, 2)),
		},
	};
}
