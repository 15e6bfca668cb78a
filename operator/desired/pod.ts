/** What the pods of the StatefulSet and of the keygen Job have in common: the restricted Pod Security profile and the image. */
import type { CheckedVault, Inputs } from './inputs.ts';
import { namesOf, PATHS } from './names.ts';

/** Of the image's only user. */
const UID = 65532;

export const podSecurityContext = {
	runAsNonRoot: true,
	runAsUser: UID,
	runAsGroup: UID,
	fsGroup: UID,
	seccompProfile: { type: 'RuntimeDefault' },
};

export const containerSecurityContext = {
	allowPrivilegeEscalation: false,
	readOnlyRootFilesystem: true,
	capabilities: { drop: ['ALL'] },
};

const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

export const podEnvironment = () => [
	{ name: 'VAULT_CONFIG', value: PATHS.configFile },
	fromField('POD_NAME', 'metadata.name'),
	fromField('POD_NAMESPACE', 'metadata.namespace'),
	fromField('POD_IP', 'status.podIP'),
];

export const imageOf = ({ spec }: CheckedVault, inputs: Pick<Inputs, 'image'>): string => spec.image ?? inputs.image;

export const configVolume = (vault: CheckedVault) => ({
	name: 'config',
	configMap: { name: namesOf(vault.name).config, defaultMode: 0o440 },
});
/** The key-encryption key: the Secret that keygen made, or the volume that the spec brings. */
export const kekVolume = ({ name, spec: { keys } }: CheckedVault) => ({
	name: 'kek',
	...(keys.kek.file === undefined ? { secret: { secretName: namesOf(name).kekSecret, defaultMode: 0o440 } } : keys.kek.file.volume),
});

/** Where the key-encryption key lies in a container. */
export const kekFile = ({ spec: { keys } }: CheckedVault): string =>
	keys.kek.file === undefined ? PATHS.kekFile : `${PATHS.kek}/${keys.kek.file.path}`;

export const tmpVolume = { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } };
export const mount = (name: string, mountPath: string) => ({ name, mountPath, readOnly: true });
export const tmpMount = { name: 'tmp', mountPath: '/tmp' };
export const auditMount = { name: 'audit', mountPath: PATHS.audit };

/** `{[key]: value}`, or nothing for undefined: an absent field and an undefined one are not the same to the API server. */
export const optional = <K extends string, V>(key: K, value: V | undefined) => (value === undefined ? {} : { [key]: value });
