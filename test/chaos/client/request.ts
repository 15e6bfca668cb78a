/**
 * One `decrypt_scores` call as it goes over the wire, built once and sent over and over: MCP revision 2026-07-28 is stateless, so a single
 * POST with the right headers is a whole conversation. No client library stands between the measurement and the Vault.
 */
import { z } from 'zod';
import type { Call } from './answers.ts';

const REVISION = '2026-07-28';
const TOOL = 'decrypt_scores';

export const TOP_K = 5;

/** @param blob base64 */
export function bodyOf(blob: string): Buffer {
	const meta = {
		'io.modelcontextprotocol/protocolVersion': REVISION,
		'io.modelcontextprotocol/clientInfo': { name: 'chaos', version: '1' },
		'io.modelcontextprotocol/clientCapabilities': {},
	};
	const params = { name: TOOL, arguments: { encrypted_blob_b64: blob, top_k: TOP_K }, _meta: meta };
	return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
}

export function headersOf(host: string, token: string): Record<string, string> {
	return {
		host,
		authorization: `Bearer ${token}`,
		accept: 'application/json, text/event-stream',
		'content-type': 'application/json',
		'mcp-protocol-version': REVISION,
		'mcp-method': 'tools/call',
		'mcp-name': TOOL,
	};
}

const answerSchema = z.object({ result: z.object({ structuredContent: z.object({ results: z.unknown(), epoch: z.number() }) }) });

export type Answer = Pick<Call, 'outcome' | 'epoch' | 'code'>;

/** @param expected the JSON of the results. Total: any status, any text. */
export function judge(status: number, text: string, expected: string): Answer {
	if (status === 401) return { outcome: 'unauthorized' };
	if (status !== 200) return { outcome: 'refused', code: String(status) };
	const parsed = answerSchema.safeParse(asJson(text));
	if (!parsed.success) return { outcome: 'refused', code: 'tool error' };
	const { results, epoch } = parsed.data.result.structuredContent;
	return { outcome: JSON.stringify(results) === expected ? 'ok' : 'wrong', epoch };
}

function asJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
