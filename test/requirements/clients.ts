/** The client library, its command line and the kubectl plug-in. */
export const clients = {
	'CLI-1': 'A token the Vault does not know is told as such, and is never repeated in an error',
	'CLI-2': 'A call that got no answer is repeated; one that was answered is not',
	'CLI-3': 'EvalKey is taken from its link only when its SHA-256 is the announced one',
	'CLI-4': 'An embedding of another dimension than the key is refused before anything is sent',
	'CLI-5': 'A wrong command line exits with 2 and names the option; the token is no option',
	'CLI-6': 'kubectl runevault status names every condition that is not as it should be, with its reason',
	'CLI-7': 'kubectl runevault rotate raises one generation, and refuses when somebody else changed the tokens meanwhile',
	'CLI-8': 'The plug-in reads no Secret but, in connect, that of the token asked for',
	'CLI-9': 'kubectl runevault promote moves the primary and waits for it; what cannot be is refused in one line before anything is written',
	'CLI-10': 'kubectl runevault pause stops the operator, or only its choice of primary; resume ends either, and status says which it is',
	'CLI-11': 'kubectl runevault status tells the change of primary that is under way, else the last one',
	'CLI-20':
		'kubectl runevault audit verify finds each line of the audit log that was changed, dropped, swapped, repeated or put in; at the very end by --witness',
	'CLI-21': 'It tells of each file lines, times and chains, and of the first line that does not fit its number and why',
	'CLI-22': 'It needs no cluster, reads files, a series of them or standard input, and exits with 0, 1 or 2',
	'CLI-23': 'Each group of rows of an index begins with guard rows, and memories are found on either side of them',
	'CLI-24': 'Clients that store at once keep guard rows in their places',
	'CLI-25': 'A result whose signature the Vault has taken already is searched for again, once',
	'CLI-30': 'kubectl runevault unlock takes the rejections of one token out of the account, and nothing else',
	'CLI-34': 'The client library and rune believe the authorities they are given, and no others',
	'CLI-35': 'A Vault with a certificate of another authority, name or time is untrusted: no token is sent, and the call is not repeated',
	'CLI-36': 'A file of authorities that cannot be read or holds none is told with the name of the option',
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
