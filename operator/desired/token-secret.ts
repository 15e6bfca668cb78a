/** Secret `<name>-token-<token>`: the token for its holder, where to call, whom to trust there, and a snippet for each common client. */
import type { KubeObject } from '../../kube/resources.ts';
import { endpointOf } from './endpoint.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { ANNOTATIONS, namesOf } from './names.ts';
import { snippetsOf } from './snippets.ts';

/** `ca`: all that clients may trust, as PEM, where the operator's own authority signs for them. */
export type TokenInputs = Pick<Inputs, 'version'> & { ca?: string | undefined };

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

export function buildTokenSecret(vault: CheckedVault, inputs: TokenInputs, token: Token): KubeObject {
	const endpoint = endpointOf(vault);
	const snippets = Object.entries(snippetsOf(`runevault-${vault.name}`, endpoint, token.text));
	return {
		apiVersion: 'v1',
		kind: 'Secret',
		type: 'Opaque',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).tokenSecret(token.name), 'token', { annotations: annotationsOf(token) }),
		data: {
			token: encode(token.text),
			endpoint: encode(endpoint),
			...(inputs.ca === undefined ? {} : { 'ca.crt': encode(inputs.ca) }),
			...Object.fromEntries(snippets.map(([file, text]) => [file, encode(text)])),
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
