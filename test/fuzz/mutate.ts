/** Changes of an input that is nearly right: what parsers of lengths, counts, JSON and base64 stumble over. */

/** A number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** mulberry32: a run can be repeated from the seed it prints. */
export function seededRandom(seed: number): Random {
	let state = seed >>> 0;
	return below => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
	};
}

const BYTES = [0, 1, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0xff];
const COUNTS = [0n, 1n, 127n, 2n ** 16n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const WORDS = [
	'{',
	'}',
	'[',
	']',
	'"',
	',',
	':',
	'=',
	'\\u0000',
	'\\ud800',
	'null',
	'true',
	'-1',
	'1e999',
	'0.1',
	'"__proto__"',
	'[[[[[[[[',
	'\0',
	'\r\n',
];
const words = WORDS.map(word => Buffer.from(word));
/** Headers and field names are at the front, where most changes are to be. */
const HEAD_BYTES = 256;

type Mutation = (input: Buffer, random: Random, other: Uint8Array) => Buffer;

const place = (input: Uint8Array, random: Random) => random(random(4) === 0 ? input.length : Math.min(input.length, HEAD_BYTES));
const pick = <T>(list: readonly T[], random: Random): T | undefined => list[random(list.length)];
const insert = (input: Buffer, at: number, part: Uint8Array) => Buffer.concat([input.subarray(0, at), part, input.subarray(at)]);

const mutations: readonly Mutation[] = [
	(input, random) => {
		const at = place(input, random);
		input[at] = (input[at] ?? 0) ^ (1 << random(8));
		return input;
	},
	(input, random) => {
		input[place(input, random)] = pick(BYTES, random) ?? 0;
		return input;
	},
	(input, random) => {
		input[place(input, random)] = random(256);
		return input;
	},
	(input, random) => {
		const at = place(input, random);
		if (at + 8 <= input.length) input.writeBigUInt64LE(pick(COUNTS, random) ?? 0n, at);
		return input;
	},
	(input, random) => {
		const at = place(input, random);
		if (at + 4 <= input.length) input.writeUInt32LE(Number((pick(COUNTS, random) ?? 0n) & 0xffff_ffffn), at);
		return input;
	},
	(input, random) => insert(input, place(input, random), pick(words, random) ?? input),
	(input, random) => insert(input, place(input, random), Buffer.alloc(1 + random(16), random(256))),
	(input, random) => input.subarray(0, place(input, random)),
	(input, random) => {
		const at = place(input, random);
		return Buffer.concat([input.subarray(0, at), input.subarray(at + 1 + random(32))]);
	},
	(input, random) => {
		const at = place(input, random);
		return insert(input, at, input.subarray(at, at + 1 + random(64)));
	},
	(input, random, other) => Buffer.concat([input.subarray(0, place(input, random)), other.subarray(place(other, random))]),
];

/** A changed copy of `input`, at most `maxBytes` long; some changes take the end of `other`. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random, maxBytes: number): Uint8Array {
	let changed: Buffer = Buffer.from(input);
	for (let i = 1 + random(4); i > 0; i--) changed = pick(mutations, random)?.(changed, random, other) ?? changed;
	return Uint8Array.from(changed.subarray(0, maxBytes));
}
