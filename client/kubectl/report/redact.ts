/**
 * What must not leave the cluster in a report, taken out of anything. Pure.
 *
 * Nothing that is gathered should hold any of it: Secrets are not read, and neither Vault nor operator logs it. This is the second lock, for
 * what people write into annotations and programs into logs.
 */

const REDACTED = '(redacted)';

/** Long enough for 32 bytes in base64. */
const RUN = /[A-Za-z0-9+/_-]{40,}={0,2}/g;

const PATTERNS: readonly RegExp[] = [
	/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g,
	/\bevt_[a-z0-9-]+_[A-Za-z0-9_-]+/g,
	/(?<=\b(?:Bearer|Basic) )[^\s"',}]+/gi,
	// A SHA-256 that says that it is one is an identity, as of an image or a public key. Else 32 bytes in hex may be a key, or the digest of a token.
	/(?<!sha256:[0-9a-f]*)[0-9a-fA-F]{64,}/g,
];

/** Names in Kubernetes have no capitals, and what is written in one case is no base64 of any length. */
const isEncoded = (run: string): boolean => /[A-Z]/.test(run) && /[a-z]/.test(run);

export function redactText(text: string): string {
	const known = PATTERNS.reduce((left, pattern) => left.replaceAll(pattern, REDACTED), text);
	return known.replaceAll(RUN, run => (isEncoded(run) ? REDACTED : run));
}

/** The value with every text in it redacted, names of fields too. */
export function redact(value: unknown): unknown {
	if (typeof value === 'string') return redactText(value);
	if (Array.isArray(value)) return value.map(redact);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, each]) => [redactText(name), redact(each)]));
}
