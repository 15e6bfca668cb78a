/** The enVector scheme. */
export const fhe = {
	'FHE-1': "Scores of the vendor's results agree bit for bit, at both levels",
	'FHE-2': "The vendor's score messages give the vendor's top ten, over shards",
	'FHE-3': "The vendor's encrypted vectors decrypt to their coordinates",
	'FHE-4': "The vendor's sealed key opens with its KEK and with no other",
	'FHE-5': "What we write, the same parser reads back; envelopes equal the vendor's byte for byte",
	'FHE-6': 'A secret key is ternary with Hamming weight 2,730, drawn without bias and wiped on disposal',
	'FHE-7': 'EncKey and EvalKey derive from SecKey to the same bytes everywhere',
	'FHE-8': 'Derived keys are what the scheme asks for: noise of 3.2 and the right switching targets',
	'FHE-9': 'Encrypted items and queries decrypt to what went in',
	'FHE-10': 'Every parser answers any bytes with a value or a VaultError',
	'FHE-11': 'Memory stays flat over 100,000 bad inputs',
	'FHE-12': 'A newer container is refused as an unsupported format version',
	'FHE-13': 'Extreme but well-formed ciphertexts decrypt without an exception out of WASM',
	'FHE-14': 'The best rows are global over shards, ties in shard and row order',
	'FHE-15': 'Results in coefficient packing are read with row k at coefficient k',
} as const;
