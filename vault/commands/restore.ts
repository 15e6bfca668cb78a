/** `vault restore`: the operator's Job that brings back keys, tokens, CA and, when it is gone, the RuneVault itself. */
import { createTransport } from '../../kube/transport.ts';
import { openArchive } from '../backup/archive.ts';
import { restoreArchive } from '../backup/restore.ts';
import { expectedOf, readIdentity, readSource, sourceDestination, sourceHelp, sourceOptions } from './archive-options.ts';
import { findCluster } from './cluster.ts';
import { type Command, parseOptions, requiredEnv, UsageError } from './command.ts';
import { asJob, jsonEnv, labelsSchema } from './job.ts';

const help = `vault restore: bring back what an archive holds

Usage: vault restore --vault NAME (--file FILE | --archive NAME DESTINATION) --identity FILE [--kek FILE] [--fingerprint F]

  --vault NAME           the RuneVault; an archive of another is refused
${sourceHelp}
  --fingerprint F        sha256:…, recorded of the RuneVault that is there; an archive with another key is refused

Reads from the environment:
  POD_NAMESPACE      where it is restored to
  OWNED_LABELS       JSON object: labels of the key Secrets
  TERMINATION_LOG    file that is left with the line below, or with one word when it fails for a reason its user can mend

A key, KEK or RuneVault that exists stays. May be run again after an interruption, at any point.
Prints one JSON object: {"fingerprint", "made"}
`;

export const restore: Command = {
	help,
	async run(args) {
		const options = parseOptions(args, { ...sourceOptions, vault: { type: 'string' }, fingerprint: { type: 'string' } });
		const { vault, kek, fingerprint } = options;
		if (vault === undefined) throw new UsageError('--vault is needed');
		const expected = expectedOf(options);
		const namespace = requiredEnv('POD_NAMESPACE', 'it is where the vault is restored to');
		const labels = jsonEnv('OWNED_LABELS', labelsSchema) ?? {};
		return asJob(async () => {
			const identity = await readIdentity(options.identity);
			await using destination = await sourceDestination(options);
			using archive = await openArchive(await readSource(options, destination), identity, expected);
			const transport = createTransport(await findCluster(), { userAgent: 'runevault-restore' });
			try {
				return await restoreArchive(archive, { transport, namespace, vault, labels, kekFile: kek, fingerprint });
			} finally {
				await transport.close();
			}
		});
	},
};
