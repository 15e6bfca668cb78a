/**
 * The configuration of common MCP clients, each in the form that client reads. Pure.
 *
 * Without the token, each takes it from where that client can: an environment variable or a question. VS Code asks and keeps it in its own
 * store; Codex names the variable rather than expanding it.
 */
import type { CLIENTS } from '../commands.ts';

export type ClientName = (typeof CLIENTS)[number];

export const VARIABLE = 'RUNEVAULT_TOKEN';

export type Server = {
	/** What the client is to call it. */
	name: string;
	url: string;
	/** Undefined: a place for it is left. */
	token: string | undefined;
};

/** `file`: where the text goes. */
export type Snippet = { file: string; text: string };

const json = (value: unknown) => JSON.stringify(value, undefined, 2);

const SNIPPETS: Readonly<Record<ClientName, (server: Server) => Snippet>> = {
	claude: server => ({ file: '.mcp.json of a project, for Claude Code', text: mcpServers(server) }),
	json: server => ({ file: 'the configuration of most MCP clients', text: mcpServers(server) }),
	gemini: ({ name, url, token }) => ({
		file: '~/.gemini/settings.json, for Gemini CLI',
		text: json({ mcpServers: { [name]: { httpUrl: url, headers: bearer(token ?? `$${VARIABLE}`) } } }),
	}),
	vscode: ({ name, url, token }) => {
		const input = `${name}-token`;
		const inputs = [{ type: 'promptString', id: input, description: `Token of ${name}`, password: true }];
		const servers = { [name]: { type: 'http', url, headers: bearer(token ?? `\${input:${input}}`) } };
		return { file: '.vscode/mcp.json, for Visual Studio Code', text: json(token === undefined ? { inputs, servers } : { servers }) };
	},
	codex: ({ name, url, token }) => ({
		file: '~/.codex/config.toml, for Codex',
		// A string of JSON is a basic string of TOML.
		text: [
			`[mcp_servers.${name}]`,
			`url = ${JSON.stringify(url)}`,
			token === undefined
				? `bearer_token_env_var = ${JSON.stringify(VARIABLE)}`
				: `http_headers = { Authorization = ${JSON.stringify(`Bearer ${token}`)} }`,
		].join('\n'),
	}),
};

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

const mcpServers = ({ name, url, token }: Server): string =>
	json({ mcpServers: { [name]: { type: 'http', url, headers: bearer(token ?? `\${${VARIABLE}}`) } } });

export const snippetFor = (client: ClientName, server: Server): Snippet => SNIPPETS[client](server);

/** Whether the client reads the variable rather than asking. */
export const readsVariable = (client: ClientName): boolean => client !== 'vscode';
