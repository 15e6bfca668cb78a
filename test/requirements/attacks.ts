/** Attacks on the key, and the fuzzer. ATK-1 to ATK-3 work on a Vault without protections, and are kept so that the protections can be held against them. */
export const attacks = {
	'ATK-1': 'Chosen ciphertexts and their ten scores give the whole key: in 26 calls, in 28 or 41 modulo q alone, in 103 with noise',
	'ATK-2': 'Which rows are the best ten, without a score, gives the whole key: in 59 calls',
	'ATK-3': 'One exact decryption of all 4,096 coefficients of an honest ciphertext gives the whole key; no answer holds more than ten rows',
	'ATK-4': 'With the protections on, every full-strength call of these attacks is refused, 50 of 50 of each kind, in the same words',
	'ATK-5':
		'Groups made up with EvalKey beside honest ones pass guard rows at the head of a shard, and are refused by those of their own group',
	'ATK-6':
		'The strongest attack that passes the guard guesses signs as by chance at the default noise, and well at little noise, as computed',
	'ATK-7': "A lying search service, a repeated envelope, another token's and another result's are refused, and cost no bits",
	'ATK-8': 'All rows of 100 protected answers to an honest ciphertext, averaged, are no exact decryption of it',
	'ATK-9':
		'Who knows all coefficients that meet the guard rows of a group reads the rest of that group; the ledger charges eightfold for it',

	'FUZ-1': 'Every parser of untrusted bytes is a target of the fuzzer, with seeds that it accepts',
	'FUZ-2': 'The fuzzer follows coverage, and finds errors that may not be thrown and time and memory out of proportion to the input',
	'FUZ-3': 'What the fuzzer finds is written to a file, and counted',
} as const;
