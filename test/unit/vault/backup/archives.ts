/** Archives made in a test: recipients, a description, and parts that mean nothing. */

import assert from 'node:assert/strict';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { BackupFault } from '../../../../crds/backup-outcomes.ts';
import { BackupError } from '../../../../vault/backup/backup-error.ts';
import type { Description } from '../../../../vault/backup/manifest.ts';

export type Holder = { identity: string; recipient: string };

export async function newHolder(): Promise<Holder> {
	const identity = await generateX25519Identity();
	return { identity, recipient: await identityToRecipient(identity) };
}

export const description = (change: Partial<Description> = {}): Description => ({
	vault: 'acme',
	namespace: 'rune',
	team: 'acme',
	dimension: 1024,
	createdAt: '2026-11-25T03:00:00.000Z',
	fingerprint: `sha256:${'0'.repeat(64)}`,
	keyVersions: [1],
	kek: 'Secret',
	writtenBy: '0.1.0',
	...change,
});

export const someParts = (): Map<string, Uint8Array> =>
	new Map<string, Uint8Array>([
		['kek', Buffer.alloc(32, 1)],
		['keys/1/SecKey_sealed.bin', Buffer.alloc(1500, 2)],
		['tokens/team.json', Buffer.from('{}')],
		['empty', Buffer.alloc(0)],
	]);

/** For `assert.rejects`: this fault, told in one line that matches. */
export const failsWith = (fault: BackupFault, message: RegExp) => (error: unknown) => {
	assert.ok(error instanceof BackupError, String(error));
	assert.equal(error.fault, fault);
	assert.match(error.message, message);
	assert.ok(!error.message.includes('\n'));
	return true;
};
