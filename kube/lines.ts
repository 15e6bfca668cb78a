/** Lines of a byte stream: how the API server frames watch events. */
import { KubeError } from './errors.ts';

/**
 * Yields each complete line without its end, blank ones left out. Chunks may cut lines and characters anywhere.
 * @throws KubeError `Truncated` when the stream ends inside a line.
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
	const decoder = new TextDecoder();
	let parts: string[] = [];
	for await (const chunk of chunks) {
		const pieces = decoder.decode(chunk, { stream: true }).split('\n');
		const last = pieces.pop() ?? '';
		for (const piece of pieces) {
			parts.push(piece);
			const line = parts.join('');
			parts = [];
			if (line.trim() !== '') yield line;
		}
		if (last !== '') parts.push(last);
	}
	if (parts.join('').trim() !== '') throw new KubeError(0, 'Truncated', 'the watch ended inside an event');
}
