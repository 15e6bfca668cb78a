/** The options that backup, drill and restore have in common: where archives lie, and what opens them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VaultError } from '../../fhe/errors.ts';
import type { Expected } from '../backup/archive.ts';
import { BackupError } from '../backup/backup-error.ts';
import { type Destination, fetchArchive, guarded, isArchiveName } from '../backup/destination.ts';
import { s3Destination } from '../backup/s3.ts';
import { volumeDestination } from '../backup/volume.ts';
import { UsageError } from './command.ts';

export const destinationOptions = {
	directory: { type: 'string' },
	's3-endpoint': { type: 'string' },
	's3-bucket': { type: 'string' },
	's3-prefix': { type: 'string' },
	's3-region': { type: 'string', default: 'us-east-1' },
	's3-credentials': { type: 'string' },
	's3-ca': { type: 'string' },
} as const;

export const destinationHelp = `  --directory DIR        archives lie in this folder, or else in a bucket:
  --s3-endpoint URL      of the S3 server, without the bucket
  --s3-bucket NAME
  --s3-prefix PREFIX     begins the names in the bucket
  --s3-region REGION     default us-east-1
  --s3-credentials DIR   holds the files accessKeyId and secretAccessKey
  --s3-ca FILE           PEM certificates to trust instead of the system's`;

type DestinationValues = Partial<Record<keyof typeof destinationOptions, string | undefined>>;
export type OpenedDestination = Destination & AsyncDisposable;

/** @throws UsageError; VaultError naming the file that cannot be read */
export async function openDestination(values: DestinationValues): Promise<OpenedDestination> {
	const { directory, 's3-endpoint': endpoint, 's3-bucket': bucket, 's3-prefix': prefix, 's3-credentials': credentials } = values;
	if ((directory === undefined) === (endpoint === undefined)) throw new UsageError('either --directory or --s3-endpoint is needed');
	if (directory !== undefined) return { ...guarded(volumeDestination(directory)), [Symbol.asyncDispose]: async () => undefined };
	if (endpoint === undefined || !/^https?:\/\/[^/?#]+/.test(endpoint)) throw new UsageError('--s3-endpoint must be an http or https URL');
	if (bucket === undefined || prefix === undefined || credentials === undefined) {
		throw new UsageError('--s3-endpoint needs --s3-bucket, --s3-prefix and --s3-credentials');
	}
	const caFile = values['s3-ca'];
	const s3 = s3Destination({
		...{ endpoint, bucket, prefix },
		region: values['s3-region'] ?? 'us-east-1',
		accessKeyId: await readText(join(credentials, 'accessKeyId'), '--s3-credentials'),
		secretAccessKey: await readText(join(credentials, 'secretAccessKey'), '--s3-credentials'),
		ca: caFile === undefined ? undefined : await readText(caFile, '--s3-ca'),
	});
	return { ...guarded(s3), [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose]() };
}

export const sourceOptions = {
	...destinationOptions,
	archive: { type: 'string' },
	file: { type: 'string' },
	bytes: { type: 'string' },
	sha256: { type: 'string' },
	identity: { type: 'string' },
	kek: { type: 'string' },
} as const;

export const sourceHelp = `  --file FILE            the archive, or else --archive and where it lies:
  --archive NAME         vault_keys_backup_….age
${destinationHelp}
  --bytes N, --sha256 H  what was noted of the archive when it was written
  --identity FILE        the age identity, AGE-SECRET-KEY-1…
  --kek FILE             the key encryption key, when the archive has none because it is kept elsewhere`;

type SourceValues = Partial<Record<keyof typeof sourceOptions, string | undefined>>;

/** @throws UsageError; BackupError `ArchiveMissing`, `DestinationFailed` */
export async function readSource(values: SourceValues, destination: Destination | undefined): Promise<Uint8Array> {
	const { file, archive } = values;
	if ((file === undefined) === (archive === undefined)) throw new UsageError('either --file or --archive is needed');
	if (archive !== undefined && destination !== undefined) return fetchArchive(destination, archiveName(archive));
	return readFile(file ?? '').catch(cause => {
		throw new BackupError('ArchiveMissing', `--file ${file}: cannot be read`, { cause });
	});
}

/** Undefined when only `--file` is given. */
export const sourceDestination = async (values: SourceValues): Promise<OpenedDestination | undefined> =>
	values.file === undefined || values.directory !== undefined ? openDestination(values) : undefined;

/** @throws UsageError */
export function expectedOf({ bytes, sha256 }: SourceValues): Expected | undefined {
	if (bytes === undefined && sha256 === undefined) return undefined;
	if (bytes === undefined || sha256 === undefined) throw new UsageError('--bytes and --sha256 need each other');
	if (!/^\d{1,10}$/.test(bytes)) throw new UsageError('--bytes must be a whole number');
	if (!/^[0-9a-f]{64}$/.test(sha256)) throw new UsageError('--sha256 must be 64 hex digits');
	return { bytes: Number(bytes), sha256 };
}

/** @throws UsageError */
export function archiveName(name: string | undefined): string {
	if (name === undefined) throw new UsageError('--archive is needed');
	if (!isArchiveName(name)) throw new UsageError('--archive must be vault_keys_backup_<date>.age');
	return name;
}

/** The first identity in a file as `age-keygen` writes it. @throws UsageError, BackupError `IdentityInvalid` */
export async function readIdentity(file: string | undefined): Promise<string> {
	if (file === undefined) throw new UsageError('--identity is needed');
	const text = await readFile(file, 'utf8').catch(cause => {
		throw new BackupError('IdentityInvalid', `--identity ${file}: cannot be read`, { cause });
	});
	const line = text.split('\n').find(each => each.startsWith('AGE-SECRET-KEY-'));
	if (line === undefined) throw new BackupError('IdentityInvalid', `--identity ${file}: holds no line AGE-SECRET-KEY-1…`);
	return line.trim();
}

async function readText(file: string, option: string): Promise<string> {
	try {
		return (await readFile(file, 'utf8')).trim();
	} catch (cause) {
		throw new VaultError('invalid_argument', `${option}: ${file} cannot be read`, { cause, field: option });
	}
}
