#!/usr/bin/env node
/**
 * The program of the Vault image: picks a command, and turns what it throws into one line and an exit code. 0 is success, 1 what went
 * wrong with the input or the surroundings, 2 a command line that makes no sense.
 */
import { VaultError } from '../fhe/errors.ts';
import { type Command, UsageError } from './commands/command.ts';
import { version } from './version.ts';

/** Loaded when chosen, so that `--help` needs neither WASM nor Kubernetes. */
const commands: Record<string, () => Promise<Command>> = {
	serve: async () => (await import('./commands/serve.ts')).serve,
	keygen: async () => (await import('./commands/keygen.ts')).keygen,
	backup: async () => (await import('./commands/backup.ts')).backup,
	drill: async () => (await import('./commands/drill.ts')).drill,
	restore: async () => (await import('./commands/restore.ts')).restore,
	dev: async () => (await import('./commands/dev.ts')).dev,
	decrypt: async () => (await import('./commands/decrypt.ts')).decrypt,
};

const help = `vault ${version}: decrypts the scores of a team's encrypted memory, and nothing else

Usage: vault <command> [options]

  serve      run one Vault pod (needs VAULT_CONFIG)
  keygen     make the team's key, once, and seal it into a Secret (run by the operator's Job)
  backup     write the keys, tokens and the resource of a vault into an encrypted archive (run by the operator's Job)
  drill      open an archive, load its key as a Vault does, and decrypt a canary
  restore    bring back what an archive holds (run by the operator's Job)
  dev        run one Vault on 127.0.0.1, to try a client
  decrypt    decrypt a result file with a key file, offline

  --help     this text, or that of a command
  --version
`;

async function main([name, ...args]: string[]): Promise<number> {
	if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
		(name === undefined ? process.stderr : process.stdout).write(help);
		return name === undefined ? 2 : 0;
	}
	if (name === '--version') {
		process.stdout.write(`${version}\n`);
		return 0;
	}
	const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (load === undefined) {
		process.stderr.write(`vault: no command "${name}"; see vault --help\n`);
		return 2;
	}
	const command = await load();
	if (args.includes('--help') || args.includes('-h')) {
		process.stdout.write(command.help);
		return 0;
	}
	try {
		return await command.run(args);
	} catch (error) {
		if (error instanceof UsageError) {
			process.stderr.write(`vault ${name}: ${error.message}; see vault ${name} --help\n`);
			return 2;
		}
		if (!(error instanceof VaultError)) throw error;
		process.stderr.write(`vault ${name}: ${error.message}\n`);
		return 1;
	}
}

process.exitCode = await main(process.argv.slice(2));
