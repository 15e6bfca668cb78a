/** What keygen works on, in memory: a cluster, and Secrets that are mounted into the Job. */
import assert from 'node:assert/strict';
import type { KeygenFault } from '../../../crds/keygen-faults.ts';
import type { KeySecret, KeyStore } from '../../../vault/keys/generate.ts';
import type { ReadFile } from '../../../vault/keys/kek.ts';
import { KeygenError } from '../../../vault/keys/keygen-error.ts';

export type StoreContent = {
	kek?: Uint8Array;
	key?: KeySecret;
	canaries?: { blobs: Uint8Array[]; answers: Record<string, string> };
};

/** `failAt` is the number of the write at which it breaks, after or before it has done it. `handed` are the KEKs that came and went. */
export function memoryStore(failAt = 0, when: 'before' | 'after' = 'after') {
	let writes = 0;
	const content: StoreContent = {};
	const handed: Uint8Array[] = [];
	const hand = (kek: Uint8Array) => {
		handed.push(kek);
		return kek;
	};
	const write = (change: () => void) => {
		writes += 1;
		if (writes === failAt && when === 'before') throw new Error('the API server went away');
		change();
		if (writes === failAt) throw new Error('the API server went away');
	};
	const store: KeyStore = {
		kek: async () => content.kek && hand(Uint8Array.from(content.kek)),
		async createKek(kek) {
			hand(kek);
			write(() => {
				content.kek ??= Uint8Array.from(kek);
			});
			return hand(Uint8Array.from(content.kek ?? []));
		},
		key: async () => content.key,
		async createKey(key) {
			write(() => {
				content.key ??= key;
			});
			return content.key ?? key;
		},
		hasCanaries: async () => content.canaries !== undefined,
		createCanaries: async (blobs, answers) =>
			write(() => {
				content.canaries ??= { blobs, answers };
			}),
	};
	return { store, content, handed, heal: () => (failAt = 0), writes: () => writes };
}

/** A mounted Secret. Every buffer that was read from it is kept, to be looked at. */
export function mounted(content: Record<string, Uint8Array>) {
	const buffers: Buffer[] = [];
	const read: ReadFile = async file => {
		const bytes = content[file];
		if (bytes === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
		const copy = Buffer.from(Uint8Array.from(bytes).buffer);
		buffers.push(copy);
		return copy;
	};
	return { read, buffers, isWiped: () => buffers.every(buffer => buffer.every(byte => byte === 0)) };
}

/** For `assert.rejects`: this fault, told in one line. */
export const faultOf = (fault: KeygenFault) => (error: unknown) => {
	assert.ok(error instanceof KeygenError, String(error));
	assert.equal(error.fault, fault);
	assert.ok(!error.message.includes('\n'));
	return true;
};
