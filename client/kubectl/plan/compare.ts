/**
 * What applying one object would change of another, field by field. Pure.
 *
 * Only fields that we say count, as in server-side apply: what the API server filled in, and what others wrote beside, is no difference.
 * A field that we said before and say no more is removed.
 */

export type Change = { path: string; from: unknown; to: unknown };

type Fields = Record<string, unknown>;
type Leaf = { path: readonly string[]; value: unknown };

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** By which field the items of a list are told apart, if by any; else they are by their place. */
const LIST_KEYS = ['mountPath', 'name', 'containerPort', 'uid', 'topologyKey', 'kid'] as const;

function keyOfList(items: readonly unknown[]): string | undefined {
	return LIST_KEYS.find(key => {
		const values = items.map(item => (isFields(item) ? item[key] : undefined));
		return values.every(value => value !== undefined) && new Set(values).size === items.length;
	});
}

/** A text of a ConfigMap that is a JSON document is looked into. */
function opened(path: readonly string[], value: unknown): unknown {
	if (typeof value !== 'string' || path[0] !== 'data' || !path.at(-1)?.endsWith('.json')) return value;
	try {
		return JSON.parse(value);
	} catch (error) {
		if (error instanceof SyntaxError) return value;
		throw error;
	}
}

/** Every value at the ends, with where it is. Empty objects and lists, and lists of plain values, are ends too. */
function leaves(given: unknown, path: readonly string[] = []): Leaf[] {
	const value = opened(path, given);
	if (Array.isArray(value)) {
		if (value.length === 0 || !value.every(isFields)) return [{ path, value }];
		const key = keyOfList(value);
		return value.flatMap((item, index) => leaves(item, [...path, key === undefined ? `[${index}]` : `[${key}=${item[key]}]`]));
	}
	if (!isFields(value) || Object.keys(value).length === 0) return value === undefined ? [] : [{ path, value }];
	return Object.entries(value).flatMap(([name, each]) => leaves(each, [...path, name]));
}

/** What is at a path that `leaves` gave; undefined when nothing is. */
function at(given: unknown, path: readonly string[], done: readonly string[] = []): unknown {
	const value = opened(done, given);
	const [step, ...rest] = path;
	if (step === undefined) return value;
	const found = step.startsWith('[') ? itemAt(value, step.slice(1, -1)) : isFields(value) ? value[step] : undefined;
	return found === undefined ? undefined : at(found, rest, [...done, step]);
}

function itemAt(list: unknown, place: string): unknown {
	if (!Array.isArray(list)) return undefined;
	const equals = place.indexOf('=');
	if (equals < 0) return list[Number(place)];
	return list.find(item => isFields(item) && String(item[place.slice(0, equals)]) === place.slice(equals + 1));
}

const UNITS: Record<string, number> = {
	...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
	...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The number that a quantity is; undefined for any other text. The API server writes quantities in its own way, as `500m` for `0.5`. */
function amount(value: unknown): number | undefined {
	const [, digits, unit] = /^([0-9.]+(?:[eE][-+]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(value)) ?? [];
	const size = unit === undefined ? undefined : UNITS[unit];
	return size === undefined ? undefined : Number((Number(digits) * size).toPrecision(12));
}

const isQuantity = (path: readonly string[]) => path.some(step => step === 'requests' || step === 'limits') && !path.includes('data');

function isSame({ path, value }: Leaf, live: unknown): boolean {
	if (isFields(value)) return isFields(live);
	if (isQuantity(path) && amount(value) !== undefined) return amount(value) === amount(live);
	return JSON.stringify(value) === JSON.stringify(live);
}

/** A step that holds a point or a slash stands in brackets, as items of lists do. */
const textOf = (path: readonly string[]) =>
	path.reduce((text, step) => {
		if (step.startsWith('[')) return text + step;
		if (/[./]/.test(step)) return `${text}[${step}]`;
		return text === '' ? step : `${text}.${step}`;
	}, '');

/**
 * @param live as it is; undefined when it is not there.
 * @param before what was applied; undefined when that is not known.
 * @param after what is to be applied.
 */
export function changesOf(live: unknown, before: unknown, after: unknown): Change[] {
	const wanted = leaves(after);
	const set = wanted.filter(leaf => !isSame(leaf, at(live, leaf.path)));
	const kept = new Set(wanted.flatMap(({ path }) => path.map((_, index) => textOf(path.slice(0, index + 1)))));
	const unset = leaves(before).filter(({ path }) => path.length > 0 && !kept.has(textOf(path)) && at(live, path) !== undefined);
	return [
		...set.map(({ path, value }) => ({ path: textOf(path), from: at(live, path), to: value })),
		...unset.map(({ path }) => ({ path: textOf(path), from: at(live, path), to: undefined })),
	];
}
