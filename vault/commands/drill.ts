/** `vault drill`: proves that an archive can be opened and decrypts. The operator runs it after each backup; anybody may, offline. */
import { loadSeal } from '../../fhe/seal.ts';
import { openArchive } from '../backup/archive.ts';
import { prune } from '../backup/destination.ts';
import { proveArchive } from '../backup/drill.ts';
import { archiveName, expectedOf, readIdentity, readSource, sourceDestination, sourceHelp, sourceOptions } from './archive-options.ts';
import { type Command, integerOption, parseOptions, UsageError } from './command.ts';
import { asJob } from './job.ts';

const help = `vault drill: open an archive, load its key as a Vault does, and decrypt a canary of the vault

Usage: vault drill (--file FILE | --archive NAME DESTINATION) --identity FILE [--kek FILE] [--retain N]

${sourceHelp}
  --retain N             once it is proved, remove the oldest archives beside it until N are left

Reads from the environment:
  TERMINATION_LOG    file that is left with the line below, or with one word when it fails for a reason its user can mend

Prints one JSON object: {"fingerprint", "vault", "namespace", "createdAt", "removed"}
`;

export const drill: Command = {
	help,
	async run(args) {
		const options = parseOptions(args, { ...sourceOptions, retain: { type: 'string' } });
		const retain = options.retain === undefined ? undefined : integerOption('--retain', options.retain, 1, 10_000);
		if (retain !== undefined && options.archive === undefined) throw new UsageError('--retain needs --archive');
		const expected = expectedOf(options);
		return asJob(async () => {
			const identity = await readIdentity(options.identity);
			await using destination = await sourceDestination(options);
			using archive = await openArchive(await readSource(options, destination), identity, expected);
			const fingerprint = await proveArchive(await loadSeal(), archive, options.kek);
			const { vault, namespace, createdAt } = archive.manifest;
			const isPruned = retain !== undefined && destination !== undefined;
			const removed = isPruned ? (await prune(destination, retain, archiveName(options.archive))).length : 0;
			return { fingerprint, vault, namespace, createdAt, removed };
		});
	},
};
