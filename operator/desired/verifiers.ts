/** Secret `<name>-verifiers`: SHA-256 of the tokens, with role, generation and expiry; all that pods see of tokens. */
import type { KubeObject } from '../../kube/resources.ts';
import { digestOf } from './digest.ts';
import type { CheckedVault, Inputs, Verifier } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

const textOf = (verifiers: readonly Verifier[]) =>
	JSON.stringify({
		tokens: verifiers.map(({ name, role, generation, sha256, expiresAt }) => ({ name, role, generation, sha256, expiresAt })),
	});

export function buildVerifiers(vault: CheckedVault, inputs: Inputs): KubeObject {
	return {
		apiVersion: 'v1',
		kind: 'Secret',
		type: 'Opaque',
		metadata: metadataOf(vault, inputs, namesOf(vault.name).verifiers, 'access'),
		data: { 'verifiers.json': Buffer.from(textOf(inputs.verifiers)).toString('base64') },
	};
}

/** What tells one set of verifiers from another, for the annotation that has the kubelet fetch it. */
export const verifiersDigest = (verifiers: readonly Verifier[]): string => digestOf(textOf(verifiers));
