/**
 * Secret `<name>-ca`: the vault's authority and the operator's own certificate; no pod mounts it. Secret `<name>-tls`: the certificate of the
 * pods, with all that is trusted as `ca.crt`, in the form of kubernetes.io/tls.
 */
import type { KubeObject } from '../../kube/resources.ts';
import type { CheckedVault, Inputs } from './inputs.ts';
import { metadataOf } from './metadata.ts';
import { namesOf } from './names.ts';

type Texts = Readonly<Record<string, string>>;

const encode = (texts: Texts) =>
	Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

function secret(vault: CheckedVault, inputs: Pick<Inputs, 'version'>, name: string, type: string, texts: Texts): KubeObject {
	return { apiVersion: 'v1', kind: 'Secret', type, metadata: metadataOf(vault, inputs, name, 'tls'), data: encode(texts) };
}

export const buildAuthoritySecret = (vault: CheckedVault, inputs: Pick<Inputs, 'version'>, texts: Texts): KubeObject =>
	secret(vault, inputs, namesOf(vault.name).authority, 'Opaque', texts);

export const buildServerSecret = (vault: CheckedVault, inputs: Pick<Inputs, 'version'>, texts: Texts): KubeObject =>
	secret(vault, inputs, namesOf(vault.name).serverSecret, 'kubernetes.io/tls', texts);

/** The same object without its keys, to be digested. */
export function withoutKeys(object: KubeObject): KubeObject {
	const data = Object.entries(Object(object.data)).filter(([key]) => !key.endsWith('.key'));
	return { ...object, data: Object.fromEntries(data) };
}
