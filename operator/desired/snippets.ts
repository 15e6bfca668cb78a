/**
 * The configuration of common MCP clients for one token, each in the form that client reads. None of them has a field for an authority: how
 * each is told to trust `ca.crt` is in docs/tls.md.
 */

/** By file name in the token's Secret. */
export function snippetsOf(name: string, url: string, token: string): Record<string, string> {
	const headers = { Authorization: `Bearer ${token}` };
	const json = (value: unknown) => JSON.stringify(value, undefined, 2);
	const servers = { [name]: { type: 'http', url, headers } };
	return {
		// Most clients.
		'mcp.json': json({ mcpServers: servers }),
		// Claude Code: .mcp.json in a project.
		'claude.json': json({ mcpServers: servers }),
		// Gemini CLI: ~/.gemini/settings.json; its `url` would be an event stream.
		'gemini.json': json({ mcpServers: { [name]: { httpUrl: url, headers } } }),
		// VS Code: .vscode/mcp.json.
		'vscode.json': json({ servers }),
		// Codex: ~/.codex/config.toml. A string of JSON is a basic string of TOML.
		'codex.toml': `[mcp_servers.${name}]\nurl = ${JSON.stringify(url)}\nhttp_headers = { Authorization = ${JSON.stringify(headers.Authorization)} }\n`,
	};
}
