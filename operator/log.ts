/** JSON lines on standard output. Errors are logged by name, code and message; no object of the API is ever logged whole. */
import { type Logger, pino } from 'pino';

export type { Logger };

/** What of an error is told: message, reason and status, and the same of what caused it or is gathered in it. */
export function errorFields(error: unknown): Record<string, unknown> {
	if (!(error instanceof Error)) return { message: String(error) };
	const { name, message } = error;
	const known = Object.fromEntries(Object.entries(error).filter(([key]) => key === 'status' || key === 'reason' || key === 'code'));
	const errors = error instanceof AggregateError ? { errors: error.errors.map(errorFields) } : {};
	return { name, message, ...known, ...errors };
}

export const createLog = (level: string): Logger =>
	pino({
		level,
		base: null,
		serializers: { err: errorFields },
		timestamp: pino.stdTimeFunctions.isoTime,
		formatters: { level: label => ({ level: label }) },
	});
