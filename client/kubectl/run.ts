/**
 * The plug-in with its effects as parameters: command line in, exit code out. 0 done, 1 it cannot be done (one line says why), 2 it was
 * called wrongly (the line names the option). Of plan: 0 nothing would change, 1 something would, 2 it cannot be told, or is refused.
 */
import type { Clock } from '../../kube/clock.ts';
import type { ClusterConfig } from '../../kube/config.ts';
import { KubeError } from '../../kube/errors.ts';
import { createTransport } from '../../kube/transport.ts';
import { type Invocation, readArguments } from './arguments.ts';
import type { Forward } from './connect/forward.ts';
import { helpText } from './help.ts';
import { CommandError, UsageError } from './refusals.ts';
import type { Screen, Session } from './session.ts';
import { oneLine } from './text.ts';

export type Effects = {
	findCluster: () => Promise<ClusterConfig>;
	clock: Clock;
	/** The bytes of a file, `-` for standard input. */
	read: (file: string) => AsyncIterable<Uint8Array>;
	stdout: (text: string) => void;
	stderr: (text: string) => void;
	screen: Screen;
	forward: Forward;
};

/** Not for people: what shells ask. */
const COMPLETE = '__complete';

export async function run(argv: readonly string[], effects: Effects): Promise<number> {
	const [first, ...words] = argv;
	if (first === COMPLETE) {
		for (const line of await (await import('./completion/complete.ts')).complete(words, effects.findCluster)) effects.stdout(`${line}\n`);
		return 0;
	}
	let invocation: Invocation | undefined;
	try {
		invocation = readArguments(argv);
		return (await withoutCluster(invocation, effects)) ? 0 : await withSession(invocation, effects);
	} catch (error) {
		if (!(error instanceof UsageError || error instanceof CommandError || error instanceof KubeError)) throw error;
		effects.stderr(`kubectl runevault: ${oneLine(error.message)}\n`);
		// 1 of plan, as of kubectl diff, says that there are changes.
		return error instanceof UsageError || invocation?.command === 'plan' ? 2 : 1;
	}
}

/** What needs neither a cluster nor what it takes to talk to one. @returns whether that was it. */
async function withoutCluster(invocation: Invocation, { read, stdout }: Effects): Promise<boolean> {
	const print = (line: string) => stdout(`${line}\n`);
	if (invocation.command === 'help') stdout(helpText());
	else if (invocation.command === 'audit') await (await import('./audit-verify.ts')).verifyAudit({ read, print }, invocation);
	else if (invocation.command === 'completion') stdout((await import('./completion/scripts.ts')).SCRIPTS[invocation.shell]);
	else if (invocation.command === 'explain' && invocation.name === undefined)
		for (const line of (await import('./explain.ts')).explainWords(invocation.term)) print(line);
	else return false;
	return true;
}

async function withSession(invocation: Invocation, effects: Effects): Promise<number> {
	const { findCluster, clock, stdout, stderr, screen, read, forward } = effects;
	const config = await findCluster().catch(toCommandError);
	const transport = createTransport(config, { userAgent: 'kubectl-runevault', clock });
	const print = (line: string) => stdout(`${line}\n`);
	const tell = (line: string) => stderr(`${line}\n`);
	try {
		const namespace = invocation.namespace ?? config.namespace;
		const session: Session = { transport, namespace, clock, print, tell, screen, read, forward };
		if (invocation.command === 'plan') return (await (await import('./plan/plan.ts')).showPlan(session, invocation)) ? 1 : 0;
		await perform(invocation, session);
		return 0;
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
		case 'completion':
		case 'plan':
			return;
		case 'status':
			if (invocation.isWatched) return (await import('./watch-status.ts')).watchStatus(session, invocation);
			return (await import('./status.ts')).showStatus(session, invocation);
		case 'explain':
			return (await import('./explain.ts')).explain(session, invocation);
		case 'report':
			return (await import('./report/report.ts')).report(session, invocation.name);
		case 'connect':
			return (await import('./connect/connect.ts')).connect(session, invocation);
		case 'rotate':
			return (await import('./rotate.ts')).rotateToken(session, invocation);
		case 'unlock':
			return (await import('./unlock.ts')).unlock(session, invocation.name, invocation.token);
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
