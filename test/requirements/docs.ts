/** What the documents say holds: links, commands, manifests, names, and the way of a new user. */
export const docs = {
	'DOC-1': 'Every example is taken by a real API server as it is and accepted by the operator, which applies all that it asks for',
} as const;
