/** Secret `<name>-token-<token>`: the token for its holder, where to call, and a snippet for any MCP client. */
import type { KubeObject } from '../../kube/resources.ts';
import { endpointOf } from './endpoint.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { ANNOTATIONS, namesOf } from './names.ts';

export type Token = {
	name: string;
	generation: number;
	text: string;
	sha256: string;
	rotatedAt: string;
	/** Staged: in the Secret, and not in force yet. */
	next?: { generation: number; text: string; sha256: string; stagedAt: string };
	/** Still accepted; its text is nowhere any more. */
	previous?: { generation: number; sha256: string; until: string };
};

const encode = (text: string) => Buffer.from(text).toString('base64');

export function buildTokenSecret(vault: CheckedVault, inputs: Pick<Inputs, 'version'>, token: Token): KubeObject {
	const endpoint = endpointOf(vault);
	const servers = { [`runevault-${vault.name}`]: { type: 'http', url: endpoint, headers: { Authorization: `Bearer ${token.text}` } } };
	return {
		apiVersion: 'v1',
		kind: 'Secret',
		type: 'Opaque',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).tokenSecret(token.name), 'token', { annotations: annotationsOf(token) }),
		data: {
			token: encode(token.text),
			endpoint: encode(endpoint),
			'mcp.json': encode(JSON.stringify({ mcpServers: servers }, undefined, 2)),
			...(token.next === undefined ? {} : { next: encode(token.next.text) }),
		},
	};
}

/** The state of the rotation: all the operator knows of it, so that one that is started anew goes on from here. */
function annotationsOf({ generation, sha256, rotatedAt, next, previous }: Token): Record<string, string> {
	const staged = next && {
		[ANNOTATIONS.nextGeneration]: String(next.generation),
		[ANNOTATIONS.nextDigest]: next.sha256,
		[ANNOTATIONS.nextAt]: next.stagedAt,
	};
	const former = previous && {
		[ANNOTATIONS.previousGeneration]: String(previous.generation),
		[ANNOTATIONS.previousDigest]: previous.sha256,
		[ANNOTATIONS.previousUntil]: previous.until,
	};
	return {
		[ANNOTATIONS.generation]: String(generation),
		[ANNOTATIONS.tokenDigest]: sha256,
		[ANNOTATIONS.rotatedAt]: rotatedAt,
		...staged,
		...former,
	};
}
