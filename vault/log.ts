/**
 * Logs: JSON lines on stderr, where stdout belongs to the audit records. Only what is named here is logged of a request: never its
 * headers, body or answer. The redaction is a second net.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type Log = Logger;

export function createLog(
	level = 'info',
	bindings: Record<string, string> = {},
	sink: DestinationStream = destination({ dest: 2, sync: true }),
): Log {
	return pino(
		{
			level,
			base: bindings,
			timestamp: () => `,"time":"${new Date().toISOString()}"`,
			formatters: { level: label => ({ level: label }) },
			redact: {
				paths: ['token', 'authorization', 'body', 'headers', '*.token', '*.authorization', '*.body', '*.headers'],
				censor: '[redacted]',
			},
		},
		sink,
	);
}

/** A log that says nothing, for tests and the offline commands. */
export function silentLog(): Log {
	return pino({ level: 'silent' });
}
