/**
 * The cluster's certificate authority and everybody's certificate, made by the openssl command.
 *
 * Who somebody is to the API server is the certificate's subject: CN is the user, O the group. The API server's kubelet client is a
 * cluster administrator, as exec and logs need; each node is held to its own objects by the Node authorizer.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../install/run.ts';
import { API_SERVICE_ADDRESS, CLUSTER_DOMAIN, HOST_ADDRESS, type NodePlan } from './plan.ts';

export type Certificate = {
	/** The name of the `.crt` and `.key` files. */
	readonly file: string;
	readonly subject: { readonly CN: string; readonly O?: string };
	/** `DNS:` and `IP:` names; none for what is only a client. */
	readonly names: readonly string[];
};

const ADMINISTRATORS = 'system:masters';
const apiServerNames = [
	'kubernetes',
	'kubernetes.default',
	'kubernetes.default.svc',
	`kubernetes.default.svc.${CLUSTER_DOMAIN}`,
	'localhost',
];
const apiServerAddresses = ['127.0.0.1', HOST_ADDRESS, API_SERVICE_ADDRESS];

/** Every certificate that the cluster needs but the authority's own. */
export function certificates(nodes: readonly NodePlan[]): Certificate[] {
	return [
		{
			file: 'apiserver',
			subject: { CN: 'kube-apiserver' },
			names: [...apiServerNames.map(name => `DNS:${name}`), ...apiServerAddresses.map(address => `IP:${address}`)],
		},
		{ file: 'apiserver-kubelet-client', subject: { CN: 'kube-apiserver-kubelet-client', O: ADMINISTRATORS }, names: [] },
		{ file: 'admin', subject: { CN: 'admin', O: ADMINISTRATORS }, names: [] },
		{ file: 'controller-manager', subject: { CN: 'system:kube-controller-manager' }, names: [] },
		{ file: 'scheduler', subject: { CN: 'system:kube-scheduler' }, names: [] },
		{ file: 'proxy', subject: { CN: 'system:kube-proxy' }, names: [] },
		...nodes.map(node => ({
			file: node.name,
			subject: { CN: `system:node:${node.name}`, O: 'system:nodes' },
			names: [`DNS:${node.name}`, `IP:${node.address}`],
		})),
	];
}

/** The openssl configuration of one certificate, of the authority when `certificate` is undefined. */
export function renderRequest(certificate: Certificate | undefined): string {
	const subject = certificate?.subject ?? { CN: 'runevault-cluster' };
	const extensions =
		certificate === undefined
			? ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign, cRLSign', 'subjectKeyIdentifier = hash']
			: [
					'basicConstraints = critical, CA:FALSE',
					'keyUsage = critical, digitalSignature',
					`extendedKeyUsage = ${certificate.names.length > 0 ? 'serverAuth, clientAuth' : 'clientAuth'}`,
					...(certificate.names.length > 0 ? [`subjectAltName = ${certificate.names.join(', ')}`] : []),
				];
	return [
		'[req]',
		'prompt = no',
		'distinguished_name = subject',
		'x509_extensions = extensions',
		'[subject]',
		...Object.entries(subject).map(([key, value]) => `${key} = ${value}`),
		'[extensions]',
		...extensions,
		'',
	].join('\n');
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

async function issue(directory: string, file: string, certificate?: Certificate): Promise<void> {
	const path = (extension: string) => join(directory, `${file}.${extension}`);
	await writeFile(path('cnf'), renderRequest(certificate));
	const signer = certificate === undefined ? [] : ['-CA', join(directory, 'ca.crt'), '-CAkey', join(directory, 'ca.key')];
	await run('openssl', [
		'req',
		'-x509',
		...curve,
		'-config',
		path('cnf'),
		'-keyout',
		path('key'),
		'-out',
		path('crt'),
		'-days',
		'3650',
		...signer,
	]);
}

/** Makes a new authority and all certificates in `directory`, and the key pair that signs service account tokens (`sa.key`, `sa.pub`). */
export async function createPki(directory: string, nodes: readonly NodePlan[]): Promise<void> {
	await mkdir(directory, { recursive: true, mode: 0o700 });
	await issue(directory, 'ca');
	const key = join(directory, 'sa.key');
	await run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
	await run('openssl', ['pkey', '-in', key, '-pubout', '-out', join(directory, 'sa.pub')]);
	await Promise.all(certificates(nodes).map(certificate => issue(directory, certificate.file, certificate)));
}
