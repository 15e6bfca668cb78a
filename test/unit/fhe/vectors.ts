/** The vendor's vectors: files made with its open-source library, copied to test/vectors/envector. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEncKeyJson, parseSecKeyJson } from '../../../fhe/formats/envelope.ts';

const directory = join(import.meta.dirname, '../../vectors/envector');

/** A file of the vectors. */
export function file(name: string): Uint8Array {
	return new Uint8Array(readFileSync(join(directory, name)));
}

export function text(name: string): string {
	return readFileSync(join(directory, name), 'utf8');
}

/** A `.f32` file: float32, little-endian. */
export function floats(name: string): Float32Array {
	return new Float32Array(file(name).buffer);
}

export function json<T>(name: string): T {
	return JSON.parse(text(name));
}

export const secretKey = () => parseSecKeyJson(file('SecKey.json'));
export const encKey = () => parseEncKeyJson(text('EncKey.json'));
export const kek = () => new Uint8Array(Buffer.from(text('sealed/kek.hex').trim(), 'hex'));
