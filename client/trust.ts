/** Whom a client believes: the authorities it was given, and nobody else. */
import { X509Certificate } from 'node:crypto';
import { Agent, type Dispatcher, fetch as undiciFetch } from 'undici';
import { codesOf } from './errors.ts';

/** What TLS says of a certificate that is not to be trusted. */
const UNTRUSTED: ReadonlySet<string> = new Set([
	'SELF_SIGNED_CERT_IN_CHAIN',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'CERT_SIGNATURE_FAILURE',
	'CERT_NOT_YET_VALID',
	'CERT_HAS_EXPIRED',
	'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** The code with which TLS refused a certificate, from anywhere in the chain of causes; undefined when it was something else. */
export function untrustedCode(error: unknown): string | undefined {
	return codesOf(error).find(code => UNTRUSTED.has(code));
}

/** Whether a text is one certificate or more in PEM. */
export function isBundle(ca: string): boolean {
	const all = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
	try {
		return all.map(pem => new X509Certificate(pem)).length > 0;
	} catch {
		return false;
	}
}

/** A `fetch` whose connections this makes. */
export function fetchThrough(dispatcher: Dispatcher): typeof fetch {
	return async (input, init = {}) => {
		const { method, headers, body, signal } = new Request(input, init);
		const answer = await undiciFetch(input instanceof Request ? input.url : input, {
			method,
			headers: [...headers],
			body: body === null ? null : Buffer.from(await new Response(body).arrayBuffer()),
			signal,
			dispatcher,
		});
		return new Response(answer.body === null ? null : await answer.arrayBuffer(), { status: answer.status, headers: [...answer.headers] });
	};
}

/** A `fetch` over TLS 1.3 that believes these authorities alone, and not those of the machine. @param ca PEM */
export function fetchTrusting(ca: string): { fetch: typeof fetch; close(): Promise<void> } {
	const dispatcher = new Agent({ connect: { ca, minVersion: 'TLSv1.3' } });
	return { fetch: fetchThrough(dispatcher), close: () => dispatcher.close() };
}
