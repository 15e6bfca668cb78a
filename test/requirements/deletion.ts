/** What stays and what goes when something around a RuneVault is deleted. */
export const deletion = {
	'OPR-180': 'A namespace that is deleted while the operator is away goes with everything in it: nothing of ours waits for the operator',
	'OPR-181':
		'With the policy for key Secrets the end of a namespace waits for its keys, says how to give them up, and completes without an operator',
	'OPR-182': 'Keys outlive the CRDs; under a running operator they come back, and a RuneVault of the same name adopts its keys',
	'OPR-183': 'A Secret of somebody else under any of our names stays as it is, and is named',
} as const;
