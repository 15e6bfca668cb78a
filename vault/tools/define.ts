/**
 * A tool: its schemas, its words, and a function from checked input to output. `bindTool` turns one into what the MCP server calls, and
 * is the only place where errors become results: a client sees the message of a `VaultError` that is meant for it, or "internal error"
 * with the id under which the log has the rest.
 */
import type { CallToolResult, StandardSchemaWithJSON, ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import type { Identity } from '../auth/verifiers.ts';
import type { Call, ToolRun } from '../call.ts';
import { clientText, isDenial } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/define.ts';
import type { Log } from '../log.ts';
import type { RoleView } from '../state.ts';

/** What a tool may use. The run is filled for the audit record. */
export type ToolContext = {
	identity: Identity;
	keyring: Keyring;
	ledger: Ledger;
	role: RoleView;
	signal: AbortSignal;
	run: ToolRun;
};

export type ToolDefinition<Input, Output extends Record<string, unknown>> = {
	name: string;
	title: string;
	description: string;
	input: z.ZodType<Input>;
	output: z.ZodType<Output>;
	/** The text for input that fails the schema in a way that has words of its own. */
	explain?: (issue: z.core.$ZodIssue) => VaultError | undefined;
	/** @throws VaultError for what the caller did wrong; anything else becomes "internal error". */
	run: (input: Input, context: ToolContext) => Output | Promise<Output>;
};

/** A tool as the MCP server registers it. Its schemas were turned into JSON once, when it was bound. */
export type Tool = {
	name: string;
	config: {
		title: string;
		description: string;
		inputSchema: StandardSchemaWithJSON;
		outputSchema: StandardSchemaWithJSON;
		annotations: ToolAnnotations;
	};
	/** Runs on unchecked arguments; never throws. */
	call: (args: unknown, call: Call, parts: { keyring: Keyring; ledger: Ledger; role: RoleView; log: Log }) => Promise<CallToolResult>;
};

/** All of ours only read, and the same call gives the same answer. */
const annotations: ToolAnnotations = { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false };

export function bindTool<Input, Output extends Record<string, unknown>>(tool: ToolDefinition<Input, Output>): Tool {
	const { name, title, description } = tool;
	return {
		name,
		config: {
			title,
			description,
			inputSchema: describedSchema(z.toJSONSchema(tool.input, { io: 'input' })),
			outputSchema: describedSchema(z.toJSONSchema(tool.output, { io: 'output' })),
			annotations,
		},
		async call(args, call, { keyring, ledger, role, log }) {
			const startedAt = performance.now();
			const run: ToolRun = { name, status: 'success', milliseconds: 0 };
			call.tool = run;
			try {
				if (call.identity === undefined) throw new VaultError('unauthenticated', 'no identity');
				const input = checkInput(tool, args);
				const output = await tool.run(input, { identity: call.identity, keyring, ledger, role, signal: call.signal, run });
				return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
			} catch (error) {
				run.status = isDenial(error) ? 'denied' : 'error';
				const isDropped = call.signal.aborted && error === call.signal.reason;
				run.error = error instanceof VaultError ? error.code : isDropped ? 'client_gone' : 'internal';
				const text = clientText(error);
				if (text === undefined && !isDropped) log.error({ err: error, requestId: call.requestId, tool: name }, 'tool failed');
				return { content: [{ type: 'text', text: text ?? `internal error (${call.requestId})` }], isError: true };
			} finally {
				run.milliseconds = performance.now() - startedAt;
			}
		},
	};
}

function checkInput<Input, Output extends Record<string, unknown>>(tool: ToolDefinition<Input, Output>, args: unknown): Input {
	const parsed = tool.input.safeParse(args ?? {});
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	if (issue === undefined) throw parsed.error;
	const field = fieldOf(issue);
	throw tool.explain?.(issue) ?? new VaultError('invalid_argument', `${field}: ${issue.message}`, { field });
}

/** `a.b[3]`, or the unknown key itself. */
function fieldOf(issue: z.core.$ZodIssue): string {
	const path = issue.path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at > 0 ? '.' : ''}${String(part)}`)).join('');
	if (issue.code === 'unrecognized_keys') return issue.keys[0] ?? path;
	return path || 'arguments';
}

/**
 * A schema the SDK lists but does not apply: it takes any value as it is. Arguments are checked in `checkInput` instead, because the
 * SDK's own message would not be ours to word, and output is ours by construction (a test holds each answer against its schema).
 */
function describedSchema(json: Record<string, unknown>): StandardSchemaWithJSON {
	return {
		'~standard': {
			version: 1,
			vendor: 'runevault',
			validate: value => ({ value }),
			jsonSchema: { input: () => json, output: () => json },
		},
	};
}
