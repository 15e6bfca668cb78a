/** What the kubectl plug-in promises from `audit verify` on; part of requirements.ts. */
export const kubectlRequirements = {
	'CLI-20':
		'kubectl runevault audit verify finds each line of the audit log that was changed, dropped, swapped, repeated or put in; at the very end by --witness',
	'CLI-21': 'It tells of each file lines, times and chains, and of the first line that does not fit its number and why',
	'CLI-22': 'It needs no cluster, reads files, a series of them or standard input, and exits with 0, 1 or 2',

	'CLI-40': 'kubectl runevault status --watch shows a vault again when what is shown of it has changed, and ends at Ctrl-C',
	'CLI-41':
		'kubectl runevault plan tells each owned object that applying a file would create, change field by field or remove, by the builders of the operator; nothing is written and no Secret read',
	'CLI-42': 'It tells which pods restart in which order, and what clients will notice of it, as measured',
	'CLI-43':
		'A file that is broken, or that the API server or the operator would refuse, is told by its field; the exit code is 0 without changes, 1 with, 2 for errors',
	'CLI-44': 'kubectl runevault explain knows every condition, reason and event of the operator: what it means, and what to do about it',
	'CLI-45': 'kubectl runevault report holds no token, key, digest of either or blob, wherever one was put, and says what it could not read',
	'CLI-46': 'kubectl runevault connect tells each common MCP client how to reach the Vault; the token is in it only with --show-token',
	'CLI-47': 'It calls the Vault as a client would and says who answered, or why nobody did, without the token',
	'CLI-48':
		'bash, zsh, fish and kubectl complete commands, options, vaults, tokens, pods and reasons, out of the table that help is made of',
	'CLI-49': 'The plug-in is one program that needs nothing but Node; the krew manifest of its archive is one that krew takes',
	'CLI-50': 'docs/kubectl.md shows every command and option; every command line of ours in the documents is one that the plug-in takes',
} as const;
