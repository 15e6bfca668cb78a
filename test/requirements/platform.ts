/** Ways from outside, and GitOps: at home with the controllers of a platform team. */
export const platform = {
	'OPR-170':
		'A preset of the Ingress sets the limits and timeouts of the pods and the check of their certificate, for ingress-nginx or Traefik; own annotations win',
	'OPR-171': 'With preset Traefik, its ServersTransport and Middleware come and go with the preset, where the cluster knows their kinds',
	'OPR-172': 'With type HTTPRoute, a route of the Gateway API and the policy by which a Gateway checks the pods come, heal and go',
	'OPR-173': 'What an HTTPRoute has from its Gateway is refused beside it, and the other way round, with its field',
	'OPR-174': 'ResolvedRefs names the kind that spec.ingress asks for and the cluster does not know',
} as const;
