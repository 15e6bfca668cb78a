/** `vault backup`: the operator's Job that writes one archive. Only the holders of the recipients' identities can open it. */
import { createTransport, type Transport } from '../../kube/transport.ts';
import { writeArchive } from '../backup/archive.ts';
import { prune } from '../backup/destination.ts';
import { ensureDrillIdentity } from '../backup/drill-identity.ts';
import { sha256 } from '../backup/manifest.ts';
import { takeSnapshot } from '../backup/snapshot.ts';
import { version } from '../version.ts';
import { archiveName, destinationHelp, destinationOptions, openDestination } from './archive-options.ts';
import { findCluster } from './cluster.ts';
import { type Command, integerOption, parseOptions, requiredEnv, UsageError } from './command.ts';
import { asJob, jsonEnv, labelsSchema, ownerSchema } from './job.ts';

const help = `vault backup: write one archive of a vault

Usage: vault backup --vault NAME --archive NAME --recipient RECIPIENT… DESTINATION [--kek FILE] [--drill-secret NAME] [--retain N]

  --vault NAME           the RuneVault
  --archive NAME         vault_keys_backup_….age
  --recipient RECIPIENT  an age recipient (age1…); may be given several times
${destinationHelp}
  --kek FILE             the key encryption key when it is not in Secret <name>-kek; it is not put into the archive
  --drill-secret NAME    make this Secret with a throw-away identity, and encrypt for it too
  --retain N             remove the oldest archives until N are left

Reads from the environment:
  POD_NAMESPACE      where the RuneVault is
  OWNED_LABELS       JSON object: labels of the Secret of --drill-secret
  OWNER_REFERENCE    JSON object: its owner
  TERMINATION_LOG    file that is left with the line below, or with one word when it fails for a reason its user can mend

Prints one JSON object: {"archive", "bytes", "sha256", "fingerprint", "removed"}
`;

export const backup: Command = {
	help,
	async run(args) {
		const options = parseOptions(args, {
			...destinationOptions,
			vault: { type: 'string' },
			archive: { type: 'string' },
			recipient: { type: 'string', multiple: true },
			kek: { type: 'string' },
			'drill-secret': { type: 'string' },
			retain: { type: 'string' },
		});
		const { vault, recipient: recipients = [], kek, 'drill-secret': drillSecret } = options;
		if (vault === undefined) throw new UsageError('--vault is needed');
		if (recipients.length === 0) throw new UsageError('--recipient is needed');
		const archive = archiveName(options.archive);
		const retain = options.retain === undefined ? undefined : integerOption('--retain', options.retain, 1, 10_000);
		const namespace = requiredEnv('POD_NAMESPACE', 'it is where the RuneVault is');
		const owned = { labels: jsonEnv('OWNED_LABELS', labelsSchema) ?? {}, owner: jsonEnv('OWNER_REFERENCE', ownerSchema) };
		return asJob(async () => {
			await using destination = await openDestination(options);
			const { snapshot, drillRecipient } = await withTransport(async transport => ({
				snapshot: await takeSnapshot({ transport, namespace, vault, kekFile: kek, writtenBy: version, now: new Date() }),
				drillRecipient: drillSecret === undefined ? [] : [await ensureDrillIdentity({ transport, namespace, name: drillSecret, ...owned })],
			}));
			const { description, parts } = snapshot;
			const bytes = await encrypt(description, parts, [...recipients, ...drillRecipient]);
			await destination.put(archive, bytes);
			const removed = retain === undefined ? 0 : (await prune(destination, retain, archive)).length;
			return { archive, bytes: bytes.length, sha256: sha256(bytes), fingerprint: description.fingerprint, removed };
		});
	},
};

/** The parts are wiped, whatever happens. */
async function encrypt(...[description, parts, recipients]: Parameters<typeof writeArchive>): Promise<Uint8Array> {
	try {
		return await writeArchive(description, parts, recipients);
	} finally {
		for (const part of parts.values()) part.fill(0);
	}
}

async function withTransport<T>(work: (transport: Transport) => Promise<T>): Promise<T> {
	const transport = createTransport(await findCluster(), { userAgent: 'runevault-backup' });
	try {
		return await work(transport);
	} finally {
		await transport.close();
	}
}
