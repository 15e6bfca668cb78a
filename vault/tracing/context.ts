/**
 * The trace a caller says it is part of, as W3C Trace Context writes it: `00-<trace>-<span>-<flags>`. Whatever is no such text is no
 * context, as that specification asks.
 */
export type TraceParent = { traceId: string; spanId: string; isSampled: boolean };

const FORM = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.{0,256})?$/;
const SAMPLED = 1;

/** Total: any value. A version later than ours may have more fields behind; version 00 may not. */
export function parseTraceParent(value: unknown): TraceParent | undefined {
	const found = typeof value === 'string' ? FORM.exec(value) : null;
	const [, traceId, spanId, flags, more] = found ?? [];
	if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
	if (more !== undefined && found?.[0].startsWith('00')) return undefined;
	return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** Where a call belongs: its parent is the one of the message; one of the HTTP request stands in for it, or is linked. */
export function contextsOf(message: unknown, header: readonly string[]): { parent?: TraceParent; link?: TraceParent } {
	const inner = parseTraceParent(message);
	// Sent twice it is not known which to believe.
	const outer = header.length === 1 ? parseTraceParent(header[0]) : undefined;
	const parent = inner ?? outer;
	if (parent === undefined) return {};
	return inner !== undefined && outer !== undefined && inner.spanId !== outer.spanId ? { parent, link: outer } : { parent };
}
