/** kubeconfig files with everything in them, so that a copy works from anywhere on the machine. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HOST_ADDRESS, type NodePlan, PORTS } from './plan.ts';

export type Credentials = { readonly authority: Uint8Array; readonly certificate: Uint8Array; readonly key: Uint8Array };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** @param server such as `https://127.0.0.1:6443` */
export function renderKubeconfig(server: string, user: string, { authority, certificate, key }: Credentials): string {
	return stringify(
		{
			apiVersion: 'v1',
			kind: 'Config',
			clusters: [{ name: 'runevault', cluster: { server, 'certificate-authority-data': base64(authority) } }],
			users: [{ name: user, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
			contexts: [{ name: 'runevault', context: { cluster: 'runevault', user } }],
			'current-context': 'runevault',
		},
		{ lineWidth: 0 },
	);
}

/** Writes `<name>.conf` beside the certificates for everybody who calls the API server; nodes call it over the bridge. */
export async function writeKubeconfigs(directory: string, nodes: readonly NodePlan[]): Promise<void> {
	const authority = await readFile(join(directory, 'ca.crt'));
	const write = async (name: string, address: string) => {
		const [certificate, key] = await Promise.all([readFile(join(directory, `${name}.crt`)), readFile(join(directory, `${name}.key`))]);
		const text = renderKubeconfig(`https://${address}:${PORTS.apiServer}`, name, { authority, certificate, key });
		await writeFile(join(directory, `${name}.conf`), text, { mode: 0o600 });
	};
	await Promise.all([
		...['admin', 'controller-manager', 'scheduler'].map(name => write(name, '127.0.0.1')),
		...['proxy', ...nodes.map(node => node.name)].map(name => write(name, HOST_ADDRESS)),
	]);
}
