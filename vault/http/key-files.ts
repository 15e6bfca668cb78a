/**
 * `GET /v1/keys/{EncKey,EvalKey}.json`: the public key files, for members. Served with an ETag that is the file's digest and with
 * single byte ranges, so that 5.8 MB are fetched once and a broken download goes on where it stopped (RFC 9110, sections 13 and 14).
 */
import type { KeyFile } from '../keys/keyring.ts';
import type { Vault } from '../vault.ts';
import type { PublicMiddleware } from './app.ts';

export function serveKeyFiles({ state }: Vault): PublicMiddleware {
	return async (ctx, next) => {
		const name = ctx.path.startsWith('/v1/keys/') ? ctx.path.slice('/v1/keys/'.length) : undefined;
		if (name !== 'EncKey.json' && name !== 'EvalKey.json') return next();
		const file = state.keyring?.files[name];
		if (file === undefined) {
			ctx.status = 503;
			return;
		}
		ctx.set('Cache-Control', 'private, no-cache');
		ctx.set('ETag', file.etag);
		ctx.set('Accept-Ranges', 'bytes');
		if (matches(ctx.get('If-None-Match'), file)) {
			ctx.status = 304;
			return;
		}
		const range = isRangeWanted(ctx.get('If-Range'), file) ? parseRange(ctx.get('Range'), file.body.length) : undefined;
		if (range === 'unsatisfiable') {
			ctx.status = 416;
			ctx.set('Content-Range', `bytes */${file.body.length}`);
			return;
		}
		ctx.status = range === undefined ? 200 : 206;
		ctx.type = 'application/json';
		if (range !== undefined) ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${file.body.length}`);
		ctx.body = range === undefined ? file.body : file.body.subarray(range.start, range.end + 1);
	};
}

function matches(header: string, file: KeyFile): boolean {
	const tags = header.split(',').map(tag => tag.trim().replace(/^W\//, ''));
	return tags.includes(file.etag) || tags.includes('*');
}

function isRangeWanted(ifRange: string, file: KeyFile): boolean {
	return ifRange === '' || ifRange === file.etag;
}

/**
 * One `bytes=` range as inclusive offsets. Undefined for no range, several ranges or another unit, which the RFC lets a server answer
 * with the whole. Total: any string.
 */
export function parseRange(header: string, size: number): { start: number; end: number } | 'unsatisfiable' | undefined {
	const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
	const [, first = '', last = ''] = parts ?? [];
	if (first === '' && last === '') return undefined;
	if (first === '') {
		const length = Math.min(Number(last), size);
		return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
	}
	const start = Number(first);
	const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
	if (last !== '' && Number(last) < start) return undefined;
	return start >= size ? 'unsatisfiable' : { start, end };
}
