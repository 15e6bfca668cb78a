/** Ways from outside, and GitOps: at home with the controllers of a platform team. */
export const platform = {
	'OPR-170':
		'A preset of the Ingress sets the limits and timeouts of the pods and the check of their certificate, for ingress-nginx or Traefik; own annotations win',
	'OPR-171': 'With preset Traefik, its ServersTransport and Middleware come and go with the preset, where the cluster knows their kinds',
	'OPR-172': 'With type HTTPRoute, a route of the Gateway API and the policy by which a Gateway checks the pods come, heal and go',
	'OPR-173': 'What an HTTPRoute has from its Gateway is refused beside it, and the other way round, with its field',
	'OPR-174': 'ResolvedRefs names the kind that spec.ingress asks for and the cluster does not know',
	'OPR-175': 'ArgoCD, people and the operator write the same objects: each keeps its own fields, and none writes again because another did',
	'OPR-176': 'Owned objects carry nothing that ArgoCD tells its own objects by',
	'OPR-177': 'Every RuneVault that the page on ways from outside shows is accepted',
	'CLU-55': 'Through a real Traefik, with either preset, a client calls under a verified certificate and Traefik verifies that of the pods',
	'CLU-56': 'Traefik refuses bodies that are too large for the pods, and takes those that are not',
	'CLU-57': 'Behind an Ingress clients are tied to no pod, and go on with another primary',
	'CLU-58': 'An HTTPRoute on a Gateway of a real Traefik is accepted with its policy, and leads to the Vault',
	'GIT-1': 'The health that ArgoCD is told of a RuneVault follows from its conditions: Degraded only for what waiting does not help',
	'GIT-2': 'The actions of ArgoCD on a RuneVault are there when they make sense, and write what kubectl runevault would',
	'GIT-3': 'The real ArgoCD brings CRDs, operator and vaults from git, each when the one before is healthy',
	'GIT-4': 'It finds no difference in the CRDs and in RuneVaults after a sync, whether it or the API server compares',
	'GIT-5': 'Through ArgoCD a token is rotated by git; what people add stays, and what they change of git goes back',
} as const;
