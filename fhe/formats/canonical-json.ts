/** JSON on one line with sorted keys, as the vendor's tools write it: their integers are bigints here, their doubles numbers (24 is `24.0`). */
export type Json = string | number | bigint | null | readonly Json[] | { readonly [key: string]: Json };

export function canonicalJson(value: Json): string {
	if (value === null || typeof value === 'string') return JSON.stringify(value);
	if (typeof value === 'bigint') return value.toString();
	if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : JSON.stringify(value);
	if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
	const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

function isArray(value: Json): value is readonly Json[] {
	return Array.isArray(value);
}
