/** What is around the Vault: traces, other people's MCP programs, the enVector stand-in. */
export const outside = {
	'OTL-1': 'A call of a member is a span by the conventions for MCP, of the trace that its message or its HTTP request names',
	'OTL-2': 'error.type tells what failed: a tool, JSON-RPC, HTTP, the record, or the client that left',
	'OTL-3': 'A span holds no token, argument, blob, score or key, whatever the caller sends; its names come from closed lists',
	'OTL-4': 'Any traceparent is a parent or none; a part of a trace that is not sampled makes no span',
	'OTL-5': 'A collector that is away, slow or refuses costs no call, bounded memory and one line in the log',
	'OTL-6': "Without an endpoint no package of OpenTelemetry's SDK is loaded",
	'OTL-7': 'A real collector gets the spans of a real Vault, those of its last calls too',
	'OTL-8': 'spec.tracing reaches the pods by their configuration; a bad endpoint or ratio is refused with its field',

	'CNF-1': 'The conformance suite finds in the Vault as it ships no failing check without a stated reason, in either revision',
	'CNF-2': 'With the fixtures of the suite behind the same app, every required scenario passes that needs no stream from server to client',
	'CNF-3': 'A reason for a check that does not fail fails the run, and so does a scenario of which nothing was tried',
	'CNF-4':
		'Six clients of other people list the tools, fetch the key and decrypt a real result to the right rows, each in every revision it speaks',
	'CNF-5': 'What such a client shows of a bad token, too large a top_k and an exceeded rate says what is wrong',
	'CNF-6': 'docs/conformance.md is what the last run found, with the versions of all programs',

	'ENV-1': 'An encrypted query over 1,000 encrypted items finds the same ten rows as plaintext search, scores within 1e-3',
	'ENV-2': 'Each 4,096 rows are a shard of the answer, and metadata come back as stored',
	'ENV-3': 'A wrong request is answered with a 4xx that names the field',
	'ENV-4': 'Bodies are bounded',
	'ENV-5': 'Rows keep their number while more are stored, and a refused batch stores nothing',
	'ENV-6': 'The program prints one line with its URL',
} as const;
