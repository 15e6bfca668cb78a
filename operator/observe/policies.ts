/**
 * What makes a spec unacceptable, as an ordered list of small checks: the schema of the CRD once more, for resources that came in before
 * a rule did, and what CEL cannot say. A violation names the field and never a value.
 */
import { createPublicKey } from 'node:crypto';
import { DELETE_KEYS } from '../../crds/keys.ts';
import { RESERVED_VOLUMES } from '../../crds/pod-template.ts';
import { MAX_NAME_LENGTH, type RuneVault, type RuneVaultSpec, runeVaultSpecSchema } from '../../crds/runevault.ts';
import { ALLOW_PLAINTEXT } from '../../crds/tls.ts';
import { PATHS } from '../desired/names.ts';
import { isSchedule } from '../reconcile/schedule.ts';

export type Violation = { path: string; message: string };
export type SpecCheck = { spec: RuneVaultSpec } | { violations: Violation[] };

type Policy = (vault: RuneVault, spec: RuneVaultSpec) => Violation | undefined;

const hasUsableName: Policy = ({ metadata: { name } }) =>
	name.length <= MAX_NAME_LENGTH && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)
		? undefined
		: { path: 'metadata.name', message: `must be a DNS label of at most ${MAX_NAME_LENGTH} characters that begins with a letter` };

/** The first item that fails, as a violation at its path. */
function firstOf<T>(
	list: readonly T[] | undefined,
	path: (index: number) => string,
	message: string,
	isBad: (item: T, index: number) => boolean,
) {
	const index = (list ?? []).findIndex(isBad);
	return index < 0 ? undefined : { path: path(index), message };
}

const hasFreeVolumeNames: Policy = (_vault, { podTemplate: { extraVolumes } }) =>
	firstOf(
		extraVolumes,
		index => `spec.podTemplate.extraVolumes[${index}].name`,
		`must not be one of ${RESERVED_VOLUMES.join(', ')}, nor repeat`,
		({ name }, index) =>
			RESERVED_VOLUMES.some(reserved => reserved === name) || (extraVolumes ?? []).findIndex(each => each.name === name) < index,
	);

const OWN_PATHS = [PATHS.keys, '/etc/runevault', PATHS.audit, '/app', '/tmp', '/var/run/secrets', '/proc', '/sys', '/dev'];

const hasFreeMountPaths: Policy = (_vault, { podTemplate: { extraVolumeMounts } }) =>
	firstOf(
		extraVolumeMounts,
		index => `spec.podTemplate.extraVolumeMounts[${index}].mountPath`,
		'must be a path below a folder of its own, outside the ones the Vault uses',
		({ mountPath }) => {
			const path = mountPath.replace(/\/+$/, '');
			return (
				path === '' ||
				path.includes('..') ||
				OWN_PATHS.some(own => path === own || path.startsWith(`${own}/`) || own.startsWith(`${path}/`))
			);
		},
	);

const mountsKnownVolumes: Policy = (_vault, { podTemplate: { extraVolumes, extraVolumeMounts } }) =>
	firstOf(
		extraVolumeMounts,
		index => `spec.podTemplate.extraVolumeMounts[${index}].name`,
		'must be the name of an extra volume',
		({ name }) => !(extraVolumes ?? []).some(volume => volume.name === name),
	);

const hasPeersOfOneKind: Policy = (_vault, { networkPolicy: { from } }) =>
	firstOf(
		from,
		index => `spec.networkPolicy.from[${index}]`,
		'must be an ipBlock, or selectors, and not both or none',
		peer => (peer.ipBlock !== undefined) === (peer.podSelector !== undefined || peer.namespaceSelector !== undefined),
	);

const hasUsableSchedule: Policy = (_vault, { backup }) =>
	backup?.schedule === undefined || isSchedule(backup.schedule)
		? undefined
		: { path: 'spec.backup.schedule', message: 'must be a time that comes, as the five fields of cron' };

const isPlaintextAllowed: Policy = ({ metadata: { annotations } }, { tls }) =>
	tls.type !== 'Disabled' || annotations?.[ALLOW_PLAINTEXT] === 'true'
		? undefined
		: { path: 'spec.tls.type', message: `Disabled needs the annotation ${ALLOW_PLAINTEXT}: "true" on the RuneVault` };

const isDeletionConfirmed: Policy = ({ metadata: { name, annotations } }, { keys }) =>
	keys.deletionPolicy === 'Retain' || annotations?.[DELETE_KEYS] === name
		? undefined
		: { path: 'spec.keys.deletionPolicy', message: `Delete needs the annotation ${DELETE_KEYS}: ${name} on the RuneVault` };

/** CEL cannot read a key. Private keys are refused as well, which Node would take for their public half. */
function isEd25519PublicKey(pem: string): boolean {
	if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) return false;
	try {
		return createPublicKey(pem).asymmetricKeyType === 'ed25519';
	} catch {
		return false;
	}
}

const hasReadableKeys: Policy = (_vault, { protection: { provenance } }) =>
	firstOf(
		provenance.publicKeys,
		index => `spec.protection.provenance.publicKeys[${index}].key`,
		'must be an Ed25519 public key as PEM',
		({ key }) => !isEd25519PublicKey(key),
	);

const POLICIES: readonly Policy[] = [
	isPlaintextAllowed,
	isDeletionConfirmed,
	hasUsableName,
	hasUsableSchedule,
	hasFreeVolumeNames,
	hasFreeMountPaths,
	mountsKnownVolumes,
	hasPeersOfOneKind,
	hasReadableKeys,
];

const pathOf = (parts: readonly PropertyKey[]): string =>
	parts.reduce<string>((path, part) => (typeof part === 'number' ? `${path}[${part}]` : `${path}.${String(part)}`), 'spec');

/** The spec with its defaults, or all that is wrong with it. */
export function checkSpec(vault: RuneVault): SpecCheck {
	const parsed = runeVaultSpecSchema.safeParse(vault.spec);
	if (!parsed.success) return { violations: parsed.error.issues.map(({ path, message }) => ({ path: pathOf(path), message })) };
	const violations = POLICIES.map(policy => policy(vault, parsed.data)).filter(violation => violation !== undefined);
	return violations.length === 0 ? { spec: parsed.data } : { violations };
}
