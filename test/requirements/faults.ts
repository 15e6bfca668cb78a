/** The partition matrix: docs/faults.md. */
export const faults = {
	'CLU-62':
		'When the primary is cut off together with the standby that is next in line, the operator leads clients to the other one in less than 21 s',
	'CLU-63': 'When operator, primary and a standby are cut off at once, the pod that is left leads clients to itself in less than 25 s',
	'CLU-64':
		'Each outcome of the partition matrix is judged by its gap, its failed and wrong answers, its primary, its epoch and its Secrets',
} as const;
