/**
 * The vocabulary the schemas are written in: a field is a zod type, a description, and what only the API server reads of it (list
 * types, CEL rules), kept as zod metadata under its OpenAPI name so that the generator needs no second source.
 *
 * A rule that both sides can check is written once per side, next to each other: `rule` for the API server, `check` for the reconcile.
 */
import { z } from 'zod';

export type CelRule = { rule: string; message: string; fieldPath?: string; reason?: 'FieldValueInvalid' | 'FieldValueRequired' };

type Checked<T> = CelRule & { check: (value: T) => boolean; path?: string[] };

/** Adds CEL rules; those with a `check` hold in zod too. A rule over `oldSelf` has none: the reconcile sees no old value. */
export function rules<S extends z.ZodType>(schema: S, ...all: (CelRule | Checked<z.infer<S>>)[]): S {
	let checked: S = schema;
	for (const each of all) {
		if ('check' in each) checked = checked.refine(each.check, { message: each.message, path: each.path ?? [] });
	}
	const cel = all.map(({ rule, message, fieldPath, reason }) => ({
		rule,
		message,
		...(fieldPath === undefined ? {} : { fieldPath }),
		...(reason === undefined ? {} : { reason }),
	}));
	return checked.meta({ ...schema.meta(), 'x-kubernetes-validations': cel });
}

/** A string that is a DNS label of at most `max` characters. */
export const dnsLabel = (max: number) =>
	z
		.string()
		.min(1)
		.max(max)
		.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label: lower case letters, digits and -');

/** A DNS subdomain: labels joined by dots. */
export const dnsName = () =>
	z
		.string()
		.min(1)
		.max(253)
		.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'must be a DNS name');

const DURATION = /^([0-9]{1,6}(ms|s|m|h))+$/;
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * The milliseconds of a duration as the schema admits it, such as `10s` or `1m30s`.
 * @throws RangeError when it is not one.
 */
export function durationMs(text: string): number {
	if (!DURATION.test(text)) throw new RangeError('not a duration');
	const parts = text.matchAll(/([0-9]+)(ms|s|m|h)/g);
	return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * MILLISECONDS[unit as keyof typeof MILLISECONDS], 0);
}

/** Less than, equal to or more than 0, as the first is shorter, as long or longer. What is no duration equals everything: the field's own check tells. */
export function compareDurations(a: string, b: string): number {
	return DURATION.test(a) && DURATION.test(b) ? durationMs(a) - durationMs(b) : 0;
}

/** A duration kept as typed, between two others. */
export function duration(least: string, most: string) {
	const text = z.string().max(16).regex(DURATION, 'must be a duration such as 10s or 1m30s');
	return rules(text, {
		rule: `duration(self) >= duration('${least}') && duration(self) <= duration('${most}')`,
		message: `must be between ${least} and ${most}`,
		check: value => !DURATION.test(value) || (durationMs(value) >= durationMs(least) && durationMs(value) <= durationMs(most)),
	});
}

/** A resource quantity kept as typed; YAML users write `cpu: 1` without quotes, so a number is taken too. */
export const quantity = () =>
	z
		.preprocess(
			value => (typeof value === 'number' ? String(value) : value),
			z
				.string()
				.max(32)
				.regex(/^[0-9]+(\.[0-9]+)?([EPTGMk]i?|[mun]|[eE][-+]?[0-9]+)?$/, 'must be a quantity such as 100m or 128Mi'),
		)
		.meta({ 'x-kubernetes-int-or-string': true });

const STORAGE = /^[1-9][0-9]{0,8}(Mi|Gi|Ti|M|G|T)$/;
const STORAGE_UNITS = { Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, M: 1e6, G: 1e9, T: 1e12 } as const;

/** The bytes of a size as the schema admits it, such as `10Gi`. @throws RangeError when it is not one. */
export function storageBytes(text: string): number {
	if (!STORAGE.test(text)) throw new RangeError('not a size');
	return Number.parseInt(text, 10) * STORAGE_UNITS[text.replace(/^[0-9]+/, '') as keyof typeof STORAGE_UNITS];
}

/** A quantity of storage kept as typed, between two others. */
export function storageSize(least: string, most: string) {
	const text = z.string().max(16).regex(STORAGE, 'must be a quantity of storage such as 500Mi or 10Gi');
	return rules(text, {
		rule: `quantity(self).compareTo(quantity('${least}')) >= 0 && quantity(self).compareTo(quantity('${most}')) <= 0`,
		message: `must be between ${least} and ${most}`,
		check: value => !STORAGE.test(value) || (storageBytes(value) >= storageBytes(least) && storageBytes(value) <= storageBytes(most)),
	});
}

/** A bounded map of strings, for labels, annotations and selectors. */
export function stringMap(maxEntries: number, maxValue: number) {
	return z
		.record(z.string().max(317), z.string().max(maxValue))
		.refine(map => Object.keys(map).length <= maxEntries, { message: `must have at most ${maxEntries} entries` })
		.meta({ maxProperties: maxEntries });
}

/** An object of Kubernetes' own that is handed on as it is; the API server checks it where it lands. */
export const passedOn = () => z.record(z.string(), z.unknown()).meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** A list whose items are told apart by `key`, as server-side apply merges it; the API server refuses a key that comes twice. */
export function listByKey<S extends z.ZodType>(item: S, max: number, key: string & keyof z.infer<S>) {
	return z
		.array(item)
		.max(max)
		.superRefine((items, context) => {
			const seen = new Set<unknown>();
			items.forEach((each, index) => {
				const value = Object(each)[key];
				if (seen.has(value)) context.addIssue({ code: 'custom', path: [index, key], message: 'must not repeat another item' });
				seen.add(value);
			});
		})
		.meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}
