/**
 * The plug-in with its effects as parameters: command line in, exit code out. 0 done, 1 it cannot be done (one line says why), 2 it was
 * called wrongly (the line names the option).
 */
import type { Clock } from '../../kube/clock.ts';
import type { ClusterConfig } from '../../kube/config.ts';
import { KubeError } from '../../kube/errors.ts';
import { createTransport } from '../../kube/transport.ts';
import { HELP, type Invocation, readArguments } from './arguments.ts';
import { CommandError, UsageError } from './refusals.ts';
import type { Session } from './session.ts';
import { oneLine } from './text.ts';

export type Effects = {
	findCluster: () => Promise<ClusterConfig>;
	clock: Clock;
	/** The bytes of a file, `-` for standard input. */
	read: (file: string) => AsyncIterable<Uint8Array>;
	stdout: (text: string) => void;
	stderr: (text: string) => void;
};

export async function run(argv: readonly string[], effects: Effects): Promise<number> {
	try {
		const invocation = readArguments(argv);
		if (invocation.command === 'help') effects.stdout(HELP);
		else if (invocation.command === 'audit') await verifyAudit(invocation, effects);
		else await withSession(invocation, effects);
		return 0;
	} catch (error) {
		if (!(error instanceof UsageError || error instanceof CommandError || error instanceof KubeError)) throw error;
		effects.stderr(`kubectl runevault: ${oneLine(error.message)}\n`);
		return error instanceof UsageError ? 2 : 1;
	}
}

/** Files only: without a cluster, and without what it takes to talk to one. */
async function verifyAudit(question: Extract<Invocation, { command: 'audit' }>, { read, stdout }: Effects): Promise<void> {
	await (await import('./audit-verify.ts')).verifyAudit({ read, print: line => stdout(`${line}\n`) }, question);
}

async function withSession(invocation: Invocation, { findCluster, clock, stdout, stderr }: Effects): Promise<void> {
	const config = await findCluster().catch(toCommandError);
	const transport = createTransport(config, { userAgent: 'kubectl-runevault', clock });
	const print = (line: string) => stdout(`${line}\n`);
	const tell = (line: string) => stderr(`${line}\n`);
	try {
		await perform(invocation, { transport, namespace: invocation.namespace ?? config.namespace, clock, print, tell });
	} finally {
		await transport.close();
	}
}

/** A kubeconfig that cannot be read is told in one line, whatever the library throws. */
function toCommandError(cause: unknown): never {
	if (cause instanceof KubeError) throw cause;
	throw new CommandError(`the kubeconfig cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** What a command needs is loaded when it is chosen, so that help and mistakes are answered at once. */
async function perform(invocation: Invocation, session: Session): Promise<void> {
	switch (invocation.command) {
		case 'help':
		case 'audit':
			return;
		case 'status':
			return (await import('./status.ts')).showStatus(session, invocation);
		case 'rotate':
			return (await import('./rotate.ts')).rotateToken(session, invocation);
		case 'promote':
			return (await import('./promote.ts')).promote(session, invocation);
		case 'pause':
			return (await import('./pause.ts')).setPause(session, invocation.name, invocation.pause);
		case 'resume':
			return (await import('./pause.ts')).setPause(session, invocation.name, undefined);
		case 'backup':
			return (await import('./operations.ts')).createBackup(session, invocation);
		case 'backups':
			return (await import('./operations.ts')).listBackups(session, invocation.name);
		case 'restore':
			return (await import('./operations.ts')).restore(session, invocation);
		case 'events':
			return (await import('./events.ts')).showEvents(session, invocation.name);
	}
}
