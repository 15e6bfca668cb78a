/**
 * What a span tells of a call, by OpenTelemetry's conventions for MCP servers, beside what the audit record of the same call holds.
 *
 * What a client chooses freely is told from closed lists or cut short: a span holds no argument, no result, no token, and a client
 * cannot make names without end.
 */
import type { Call, Phase } from '../call.ts';
import type { TraceParent } from './context.ts';

export type Attributes = Record<string, string | number>;

/** A call that is over. Times are milliseconds of the epoch, with fractions. */
export type FinishedSpan = {
	readonly name: string;
	readonly startedAt: number;
	readonly endedAt: number;
	readonly attributes: Attributes;
	readonly isError: boolean;
	readonly parent?: TraceParent;
	readonly link?: TraceParent;
	readonly phases: readonly Phase[];
};

/** What the answer said, once it is known. */
export type Outcome = {
	readonly httpStatus: number;
	/** The code of a JSON-RPC error. */
	readonly rpcError?: number;
	/** A code of the closed list of `VaultError`, when the call ended with an exception. */
	readonly failure?: string;
};

const METHODS = new Set([
	'initialize',
	'ping',
	'server/discover',
	'tools/list',
	'tools/call',
	'notifications/initialized',
	'notifications/cancelled',
]);
const OTHER_METHOD = '_OTHER';
/** Holds a UUID, and is shorter than any token. */
const MAX_ID = 36;

export function spanName(call: Call, method: unknown): string {
	const known = methodName(method);
	return call.tool === undefined ? known : `${known} ${call.tool.name}`;
}

export function spanAttributes(call: Call, method: unknown, protocol: unknown, outcome: Outcome): Attributes {
	const { tool, identity, rpcId } = call;
	const errorType = errorTypeOf(call, outcome);
	return {
		'mcp.method.name': methodName(method),
		...(tool === undefined ? {} : { 'gen_ai.tool.name': tool.name, 'gen_ai.operation.name': 'execute_tool' }),
		...(rpcId === undefined || String(rpcId).length > MAX_ID ? {} : { 'jsonrpc.request.id': String(rpcId) }),
		...(typeof protocol === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(protocol) ? { 'mcp.protocol.version': protocol } : {}),
		...(outcome.rpcError === undefined ? {} : { 'rpc.response.status_code': String(outcome.rpcError) }),
		...(errorType === undefined ? {} : { 'error.type': errorType }),
		'http.response.status_code': outcome.httpStatus,
		'network.transport': 'tcp',
		'network.protocol.name': 'http',
		'client.address': call.sourceIp,
		...(identity === undefined ? {} : { 'user.name': identity.name }),
		'runevault.request_id': call.requestId,
		...(tool === undefined ? {} : { 'runevault.status': tool.status }),
		...(tool?.error === undefined ? {} : { 'runevault.error': tool.error }),
		...(tool?.keyVersion === undefined ? {} : { 'runevault.key_version': tool.keyVersion }),
		...(tool?.topK === undefined ? {} : { 'runevault.top_k': tool.topK }),
		...(tool?.resultCount === undefined ? {} : { 'runevault.result_count': tool.resultCount }),
	};
}

/** A tool that reports an error answers well over JSON-RPC, so only this says that it failed. */
export function errorTypeOf(
	{ signal, tool }: Pick<Call, 'signal' | 'tool'>,
	{ rpcError, failure, httpStatus }: Outcome,
): string | undefined {
	if (failure !== undefined) return failure;
	if (signal.aborted) return 'client_gone';
	if (rpcError !== undefined) return String(rpcError);
	if (tool !== undefined && tool.status !== 'success') return 'tool_error';
	return httpStatus >= 400 ? String(httpStatus) : undefined;
}

function methodName(method: unknown): string {
	return typeof method === 'string' && METHODS.has(method) ? method : OTHER_METHOD;
}
