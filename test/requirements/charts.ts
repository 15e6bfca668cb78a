/** The Helm charts and what they install around the operator. */
export const charts = {
	'CHT-1': 'helm lint finds nothing in the charts',
	'CHT-2':
		'Every named scenario, the CRDs and the examples for clouds hold against the schemas of Kubernetes and of the CRDs, and the API server accepts them',
	'CHT-3':
		'Whatever the values, objects have their namespace and labels, containers are restricted and bounded, and one account is spoken of',
	'CHT-4': 'Each named scenario of the chart has in it what its name says',
	'CHT-5': 'Every value of the chart has a comment and a schema',
	'CHT-6': 'A wrong value stops Helm with its name',
	'CHT-7': 'The CRDs stay when their chart is removed',
	'CHT-8': 'The program of helm test says in a line each what holds and what does not, and fails when something does not',
	'CHT-9': 'The guides for clouds show the objects of the examples, and the table of the Terraform variables names fields that exist',

	'OPR-150': 'An operator for some namespaces has no right elsewhere, needs none, and does not complain of it',
	'OPR-151': 'With the policy for owned objects, nobody but the operator, the Vault itself and Kubernetes writes what the operator owns',
	'OPR-152':
		'With the policy for key Secrets, a key is deleted only when its annotation repeats its name, even at the end of its namespace',
	'OPR-153': 'With the policy for pods, nobody gets into a pod that holds a key by exec, attach or a debug container',

	'CLU-45': 'Operator and Vaults run in namespaces that enforce the restricted Pod Security profile',
	'CLU-46': 'An upgrade from an earlier chart restarts no Vault, and the new operator goes on with what the old one made',
	'CLU-47': 'helm test passes on an installation that works, and fails with what is wrong on one that does not',
	'CLU-48': 'An operator installed for one namespace runs a Vault there from apply to Ready',
} as const;
