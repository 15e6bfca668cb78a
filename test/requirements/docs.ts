/** What the documents say holds: links, commands, manifests, names, and the way of a new user. */
export const docs = {
	'DOC-1': 'Every example is taken by a real API server as it is and accepted by the operator, which applies all that it asks for',
	'DOC-2': 'Every relative link and anchor in the documents leads to a file or heading, and docs/README.md leads to every page',
	'DOC-3': 'Every command of ours in the documents is known to its program, with its options, and every file it names is there',
	'DOC-4': 'Every manifest of ours in documents and examples fits the schema, without unknown fields',
	'DOC-5': 'Every condition, reason, event, field value and metric named in the documents exists',
	'DOC-6': 'Every promise that the page of capability levels names is cited by the test it links to',

	'CLU-60': 'The quick start, command by command as it is written, leads from a cluster to a decrypted search and leaves nothing behind',
	'CLU-61': 'Key and KEK, kept and restored as the page on operations says, are the same key in an empty namespace',
} as const;
