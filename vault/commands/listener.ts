/** A listener of a pod: on its port, with the certificate that the configuration names, which is followed as long as it listens. */
import type { RequestListener } from 'node:http';
import { watchCertificate } from '../http/certificate.ts';
import { type Listener, listen } from '../http/listen.ts';
import type { Vault } from '../vault.ts';

/**
 * Starts to listen.
 * @throws VaultError `invalid_argument` when the address cannot be had or the certificate is unusable.
 */
export async function openListener(vault: Vault, name: 'public' | 'internal', handler: RequestListener): Promise<Listener> {
	const { config, state, log } = vault;
	const port = config.ports[name];
	const directory = config.tls?.[name];
	if (directory === undefined) return listen(handler, { port });

	let listener: Listener | undefined;
	const certificate = watchCertificate(directory, {
		hasClients: name === 'internal',
		onChange: problem => {
			if (problem !== undefined) {
				log.error({ listener: name, problem }, 'the new certificate is broken; the last good one stays in force');
				return;
			}
			listener?.renew(certificate.files());
			log.info({ listener: name, ...certificate.facts() }, 'certificate adopted');
		},
	});
	try {
		const files = certificate.files();
		listener = await listen(handler, { port, tls: files });
		if (certificate.files() !== files) listener.renew(certificate.files());
	} catch (error) {
		certificate.close();
		throw error;
	}
	const { close } = listener;
	state.certificates[name] = certificate;
	log.info({ listener: name, ...certificate.facts() }, 'certificate in force');
	return {
		...listener,
		close(graceMs) {
			certificate.close();
			return close(graceMs);
		},
	};
}
