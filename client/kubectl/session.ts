/** What a command works with: the API server, where it looks, the clock, and where it writes. */
import type { Clock } from '../../kube/clock.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Forward } from './connect/forward.ts';

/** Where the answer is shown. */
export type Screen = {
	isTerminal: boolean;
	/** Aborted by Ctrl-C. Until somebody asks for it, Ctrl-C just ends the process. */
	interrupted: () => AbortSignal;
};

export type Session = {
	transport: Transport;
	namespace: string;
	clock: Clock;
	/** A line of the answer. */
	print: (line: string) => void;
	/** A line about the work, which is no part of the answer. */
	tell: (line: string) => void;
	screen: Screen;
	forward: Forward;
	/** The bytes of a file, `-` for standard input. */
	read: (file: string) => AsyncIterable<Uint8Array>;
};

/** What our writes are known by in `metadata.managedFields`. */
export const FIELD_MANAGER = 'kubectl-runevault';
