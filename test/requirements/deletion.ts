/** What stays and what goes when something around a RuneVault is deleted. */
export const deletion = {
	'OPR-180': 'A namespace that is deleted while the operator is away goes with everything in it: nothing of ours waits for the operator',
	'OPR-181':
		'With the policy for key Secrets the end of a namespace waits for its keys, says how to give them up, and completes without an operator',
	'OPR-182': 'Keys outlive the CRDs; under a running operator they come back, and a RuneVault of the same name adopts its keys',
	'OPR-183': 'A Secret of somebody else under any of our names stays as it is, and is named',
	'CLU-70': 'On a real cluster the loss of every pod mends itself, with the same answers',
	'CLU-71': 'A RuneVault that is deleted comes back by a restore beside its keys, for clients with the tokens of before',
	'CLU-72': 'Where the KEK is a file of yours, file and archive together bring a lost key back',
	'CLU-73': 'Key and archives outlive the CRDs on a real cluster, and a restore brings a RuneVault back when they are installed again',
	'CLU-74': 'The namespace of running Vaults goes completely while there is no operator',
} as const;
