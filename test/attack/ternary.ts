/** Numbers in balanced ternary, whose digits are −1, 0 and 1 like the coefficients of a key: Σ digit(i)·3^i is one number for each choice. */

/** The `count` lowest digits, the lowest first. */
export function digitsOf(value: number, count: number): number[] {
	const digits: number[] = [];
	for (let rest = value; digits.length < count; ) {
		const digit = rest - 3 * Math.round(rest / 3);
		digits.push(digit);
		rest = (rest - digit) / 3;
	}
	return digits;
}

/** The largest number of `count` digits; the least is its negative. */
export function largest(count: number): number {
	return (3 ** count - 1) / 2;
}

/** How many coefficients of a key an attack got right. */
export function matches(found: ArrayLike<number | undefined>, key: Int8Array): number {
	return key.reduce((sum, coefficient, i) => sum + (found[i] === coefficient ? 1 : 0), 0);
}
