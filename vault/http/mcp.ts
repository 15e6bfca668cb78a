/**
 * The last step: one JSON-RPC message to the MCP SDK and its answer back, whole, so that the audit record can be written in between.
 *
 * Both eras are stateless, with one server object a request. Revision 2026-07-28 goes through `createMcpHandler`; the 2025 revisions go
 * through the SDK's Streamable HTTP transport with JSON answers, which `createMcpHandler`'s own fallback would send as event streams.
 * No tool sends anything before its result, so a modern answer is plain JSON as well. There are no subscriptions: they would be streams
 * without end, and nothing here ever changes. To say that the method is not there, rather than that no more are admitted, tells clients
 * not to come back.
 */
import {
	createMcpHandler,
	isLegacyRequest,
	McpServer,
	type McpServerOptions,
	METHOD_NOT_FOUND,
	WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { VaultError } from '../../fhe/errors.ts';
import { beginPhase, type Call } from '../call.ts';
import { roleOf } from '../state.ts';
import type { Vault } from '../vault.ts';
import { version } from '../version.ts';
import { field } from './admit.ts';
import type { PublicMiddleware } from './app.ts';

/** What the SDK reads. The Authorization header is not among them: no token goes further than `authenticate`. */
const forwarded = ['accept', 'content-type', 'mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id'];

/** What is offered over MCP: the options of the server object that one request gets, and what is registered on it. */
export type Offer = { readonly options: McpServerOptions; register(server: McpServer, vault: Vault, call: Call): void };

/** Tools, and nothing else. */
export const vaultOffer: Offer = {
	options: {
		capabilities: { tools: { listChanged: false } },
		cacheHints: { 'tools/list': { ttlMs: 300_000, cacheScope: 'private' }, 'server/discover': { ttlMs: 300_000, cacheScope: 'private' } },
		instructions: 'Decrypts the scores and metadata of a team memory searched in encrypted form. Start with get_public_key.',
	},
	register: registerTools,
};

export function serveMcp(vault: Vault, offer: Offer): PublicMiddleware {
	return async ctx => {
		const { call } = ctx.state;
		const response = await answer(vault, offer, call, ctx.req.headersDistinct);
		// Bytes, not text: get_public_key answers 360 KB, which would be decoded and encoded once more.
		ctx.body = response.body === null ? null : Buffer.from(await response.arrayBuffer());
		// Set last, because koa chooses both by the body: a notification is answered 202, not 204, and JSON is no octet-stream.
		ctx.status = response.status;
		for (const name of ['content-type', 'mcp-protocol-version']) {
			const value = response.headers.get(name);
			if (value !== null) ctx.set(name, value);
		}
		recordDecryption(vault, call);
	};
}

async function answer(vault: Vault, offer: Offer, call: Call, headers: NodeJS.Dict<string[]>): Promise<Response> {
	const request = new Request('http://vault/mcp', { method: 'POST', headers: selectHeaders(headers), signal: call.signal });
	const server = () => createServer(vault, offer, call);
	if (!(await isLegacyRequest(request, call.body))) {
		if (field(call.body, 'method') === 'subscriptions/listen') return methodNotFound(call);
		const handler = createMcpHandler(server, { legacy: 'reject', maxSubscriptions: 0 });
		return handler.fetch(request, { parsedBody: call.body });
	}
	const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
	const legacyServer = server();
	await legacyServer.connect(transport);
	try {
		return await transport.handleRequest(request, { parsedBody: call.body });
	} finally {
		await legacyServer.close();
	}
}

function createServer(vault: Vault, offer: Offer, call: Call): McpServer {
	const server = new McpServer({ name: 'runevault', title: `RuneVault ${vault.config.vault}`, version }, offer.options);
	offer.register(server, vault, call);
	return server;
}

function registerTools(server: McpServer, { tools, state, ledger, log }: Vault, call: Call): void {
	for (const tool of tools) {
		server.registerTool(tool.name, tool.config, async (args: unknown) => {
			if (state.keyring === undefined) throw new VaultError('not_ready', 'The keys are not loaded');
			const endPhase = beginPhase(call, 'run tool');
			const result = await tool.call(args, call, { keyring: state.keyring, ledger, role: roleOf(state), log });
			endPhase();
			return result;
		});
	}
}

/** With the status that revision 2026-07-28 gives it. */
function methodNotFound({ rpcId }: Call): Response {
	return Response.json(
		{ jsonrpc: '2.0', id: rpcId ?? null, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } },
		{ status: 404 },
	);
}

/** A client that takes anything takes both media types the SDK's transport insists on. */
function selectHeaders(headers: NodeJS.Dict<string[]>): Headers {
	const selected = new Headers();
	for (const name of forwarded) {
		for (const value of headers[name] ?? []) selected.append(name, value);
	}
	const accept = selected.get('accept') ?? '*/*';
	if (/\*\/\*|application\/(\*|json)/i.test(accept)) selected.set('accept', 'application/json, text/event-stream');
	return selected;
}

/** A call whose client has gone was cut short: it says nothing of how long or how well we work. */
function recordDecryption({ metrics }: Vault, { tool, signal }: Call): void {
	if (signal.aborted) return;
	if (tool?.name === 'decrypt_scores' || tool?.name === 'decrypt_metadata') {
		metrics.decryption(tool.name, tool.status, tool.milliseconds / 1000);
	}
}
