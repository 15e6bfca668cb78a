/** What clients would meet while a token is rotated. */
import { createHash } from 'node:crypto';
import type { FakeNode } from './fake-node.ts';

/** Reads the token from its Secret again and again, as clients do; counts how often pods were not to accept it right then. */
export async function refusals(node: FakeNode, signal: AbortSignal): Promise<number> {
	let refused = 0;
	while (!signal.aborted) {
		const digest = createHash('sha256')
			.update(await node.token())
			.digest('hex');
		const { tokens } = await node.verifiers();
		if (!tokens.some(({ sha256 }) => sha256 === digest)) refused += 1;
	}
	return refused;
}
