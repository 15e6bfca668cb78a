/**
 * Storing items so that each group of rows of the index begins with guard rows, encryptions of the zero vector (fhe/guard-rows.ts). The
 * search service gives out rows in order; each request says which row it counts on, and when somebody else was faster it is made again.
 */
import { guardRowsDue } from '../fhe/guard-rows.ts';
import { layout } from '../fhe/params.ts';
import type { EncryptedItem, Envector } from './envector.ts';
import { RuneError } from './errors.ts';

/** How many items travel in one request to the search service. */
export const BATCH = 16;
/** How often in a row somebody else may be faster. */
const MAX_CONFLICTS = 20;

export type Storage = {
	envector: Pick<Envector, 'count' | 'insert'>;
	index: string;
	dimension: number;
	/** Guard rows at the head of each group; 0 keeps none. */
	guardRows: number;
	/** A fresh encryption of the zero vector. */
	guard: () => EncryptedItem;
};

/** Stores items, with the guard rows that are due before and between them. @returns the row of each item */
export async function store(storage: Storage, items: readonly EncryptedItem[]): Promise<number[]> {
	const { envector, index, dimension, guardRows, guard } = storage;
	if (guardRows === 0) return envector.insert(index, [...items]);
	const { itemsPerBlock } = layout(dimension);
	const rows: number[] = [];
	let conflicts = 0;
	let next = await envector.count(index);
	while (rows.length < items.length) {
		const due = guardRowsDue(next, dimension, guardRows);
		const untilNextGroup = itemsPerBlock - (next % itemsPerBlock);
		const batch =
			due > 0
				? Array.from({ length: Math.min(due, BATCH) }, guard)
				: items.slice(rows.length, rows.length + Math.min(untilNextGroup, BATCH));
		try {
			const stored = await envector.insert(index, batch, next);
			if (due === 0) rows.push(...stored);
			next += batch.length;
			conflicts = 0;
		} catch (error) {
			if (!(error instanceof RuneError && error.code === 'conflict' && conflicts < MAX_CONFLICTS)) throw error;
			conflicts++;
			next = await envector.count(index);
		}
	}
	return rows;
}
