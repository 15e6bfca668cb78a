/** The names, labels and paths of everything that belongs to one RuneVault: the one place that spells them. */
export const MANAGER = 'runevault';
export const FIELD_MANAGER = 'runevault-operator';
export const STATUS_FIELD_MANAGER = 'runevault-operator-status';

export const LABELS = {
	name: 'app.kubernetes.io/name',
	component: 'app.kubernetes.io/component',
	managedBy: 'app.kubernetes.io/managed-by',
	partOf: 'app.kubernetes.io/part-of',
	version: 'app.kubernetes.io/version',
	vault: 'runevault.io/vault',
	/** On the Service of the pods: `shared` when the chart's own ServiceMonitor is to find them. */
	monitor: 'runevault.io/monitor',
	/** On pods: primary or standby, as of the last reconcile. For people and for scheduling; nothing is routed by it. */
	role: 'runevault.io/role',
} as const;

export const ANNOTATIONS = {
	/** On every owned object: digest of what was applied. */
	applied: 'runevault.io/applied',
	/** On key Secrets, by the keygen Job: the identity of the key. */
	fingerprint: 'runevault.io/fingerprint',
	/** On token Secrets. */
	generation: 'runevault.io/generation',
	tokenDigest: 'runevault.io/token-sha256',
	rotatedAt: 'runevault.io/rotated-at',
	/** On token Secrets, while the next token is staged beside the present one. */
	nextDigest: 'runevault.io/next-sha256',
	nextGeneration: 'runevault.io/next-generation',
	nextAt: 'runevault.io/next-at',
	/** On token Secrets: the token before, which is accepted until then. */
	previousDigest: 'runevault.io/previous-sha256',
	previousGeneration: 'runevault.io/previous-generation',
	previousUntil: 'runevault.io/previous-until',
	/** On pods: digest of the verifiers the kubelet was last told to fetch. */
	verifiers: 'runevault.io/verifiers',
	/** On the pod template: digest of the configuration, which a pod reads once. */
	config: 'runevault.io/config',
	/** On the pod template: that the internal port speaks TLS, which those of an older operator do not. */
	internal: 'runevault.io/internal',
	/** On a RuneVault, by its user: `reconcile` stops the operator, `failover` only its choice of primary. */
	paused: 'runevault.io/paused',
} as const;

/** On a RuneVaultBackup that the schedule made. */
export const SCHEDULED_LABEL = 'runevault.io/scheduled';

/** The label value under which all owned objects are watched. */
export const OWNED_SELECTOR = `${LABELS.managedBy}=${MANAGER}`;

/** Labels of an EndpointSlice: whose Service it belongs to, and who writes it. */
export const SLICE_SERVICE = 'kubernetes.io/service-name';
export const SLICE_MANAGER = 'endpointslice.kubernetes.io/managed-by';

export const KEY_VERSION = 1;
export const CANARY_COUNT = 4;
export const PUBLIC_PORT = 8443;
export const INTERNAL_PORT = 9443;

/** Names of the objects owned by the RuneVault `name`. */
export const namesOf = (name: string) => ({
	workload: name,
	service: name,
	podService: `${name}-pods`,
	lease: `${name}-primary`,
	endpointSlice: `${name}-primary`,
	keySecret: `${name}-keys-${KEY_VERSION}`,
	kekSecret: `${name}-kek`,
	verifiers: `${name}-verifiers`,
	canaries: `${name}-canaries`,
	config: `${name}-config`,
	authority: `${name}-ca`,
	serverSecret: `${name}-tls`,
	publicSecret: `${name}-public-tls`,
	ledger: `${name}-ledger`,
	keygen: `${name}-keygen`,
	tokenSecret: (token: string) => `${name}-token-${token}`,
});

export const PATHS = {
	config: '/etc/runevault/config',
	configFile: '/etc/runevault/config/config.json',
	keys: '/vault_keys',
	kek: '/etc/runevault/kek',
	kekFile: '/etc/runevault/kek/kek',
	import: '/etc/runevault/import',
	verifiers: '/etc/runevault/verifiers',
	verifiersFile: '/etc/runevault/verifiers/verifiers.json',
	canaries: '/etc/runevault/canaries',
	tls: '/etc/runevault/tls',
	publicTls: '/etc/runevault/public-tls',
	audit: '/var/lib/runevault/audit',
	archives: '/var/lib/runevault/archives',
	identity: '/etc/runevault/identity',
	s3: '/etc/runevault/s3',
	s3CaDirectory: '/etc/runevault/s3-ca',
	s3Ca: '/etc/runevault/s3-ca/ca.crt',
} as const;
