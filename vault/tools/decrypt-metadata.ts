/**
 * `decrypt_metadata`: the texts beside the rows that a search found. A Member opens only what its own identity sealed; an Admin opens
 * every identity's, so that a team can read what a member left behind.
 */
import { z } from 'zod';
import { VaultError } from '../../fhe/errors.ts';
import { metadataAgent, openMetadata } from '../../fhe/formats/metadata.ts';
import type { Identity } from '../auth/verifiers.ts';
import type { ToolDefinition } from './define.ts';

const ARGUMENT = 'encrypted_metadata_list';
const MAX_ENVELOPES = 1000;

const input = z.strictObject({
	[ARGUMENT]: z.array(z.string().min(1)).min(1).max(MAX_ENVELOPES).describe('Metadata envelopes: JSON texts, version 1 or 2'),
});

const output = z.object({ decrypted_metadata: z.array(z.string()).describe('The texts, in the order given') });

export function decryptMetadata(): ToolDefinition<z.infer<typeof input>, z.infer<typeof output>> {
	return {
		name: 'decrypt_metadata',
		title: 'Decrypt metadata',
		description: "Decrypts metadata envelopes of the caller's identity, in the order given.",
		input,
		output,
		run(args, { identity, keyring, run }) {
			run.keyVersion = keyring.current.version;
			const keys = new Map<string, Uint8Array>();
			const keyOf = (agent: string) => {
				const key = keys.get(agent) ?? keyring.metadataKey(agent);
				keys.set(agent, key);
				return key;
			};
			try {
				const texts = args[ARGUMENT].map((envelope, at) => open(envelope, `${ARGUMENT}[${at}]`, identity, keyOf));
				run.resultCount = texts.length;
				return { decrypted_metadata: texts };
			} finally {
				for (const key of keys.values()) key.fill(0);
			}
		},
	};
}

function open(envelope: string, argument: string, identity: Identity, keyOf: (agent: string) => Uint8Array): string {
	try {
		const agent = metadataAgent(envelope);
		if (agent !== identity.name && identity.role !== 'Admin') throw new VaultError('forbidden', 'belongs to another identity');
		return openMetadata(keyOf(agent), envelope).text;
	} catch (error) {
		if (!(error instanceof VaultError)) throw error;
		throw new VaultError(error.code, `${argument}: ${error.message}`, { cause: error, field: argument });
	}
}
