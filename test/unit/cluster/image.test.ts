import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNeeded, parseLdd } from '../../../scripts/rootfs.ts';

describe('what goes into the image', () => {
	const cases: readonly [string, boolean, boolean][] = [
		['koa/lib/application.js', false, true],
		['koa/LICENSE', false, true],
		['koa/License.md', false, true],
		['koa/Readme.md', false, false],
		['zod/v4/core/schemas.d.cts', false, false],
		['zod/src/index.ts', false, false],
		['undici/lib/web/fetch/index.js.map', false, false],
		['undici/docs', true, false],
		['yaml/dist/doc', true, true],
		['@scope/package/test', true, false],
		['@scope/test', true, true],
		['koa/node_modules/debug/test', true, false],
		['koa/node_modules/debug/src', true, true],
		['koa/lib/test', true, true],
		['.bin', true, false],
		['node-seal/dist/seal_throws.wasm', false, true],
	];
	for (const [path, isDirectory, expected] of cases) {
		it(`[CLU-35] ${expected ? 'keeps' : 'leaves out'} ${path}`, () => assert.equal(isNeeded(path, isDirectory), expected));
	}
});

describe('ldd', () => {
	it('tells the libraries and the loader', () => {
		const text =
			'\tlinux-vdso.so.1 (0x00007f81)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f81)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f82)\n';
		assert.deepEqual(parseLdd(text), ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
	});
});
