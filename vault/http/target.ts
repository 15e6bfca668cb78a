/**
 * What the first line of a request asks for (RFC 9112, section 3.2). Read before koa does: its own reading throws for some targets that
 * are no URL, and drops the host of one that is, so that a request for another host would be taken for ours.
 */
export type Target = {
	/** Path and query. */
	local: string;
	/** Of an absolute target, `http://host/path`, which servers have to accept and which outranks the Host header. */
	host: string | undefined;
};

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/** Undefined for the forms that are no use here: `*`, `host:port`, other schemes. Total: any string. */
export function parseTarget(url: string): Target | undefined {
	if (url.startsWith('/')) return { local: url, host: undefined };
	const [, host, local] = ABSOLUTE.exec(url) ?? [];
	return host === undefined || local === undefined ? undefined : { local: local.startsWith('/') ? local : `/${local}`, host };
}
