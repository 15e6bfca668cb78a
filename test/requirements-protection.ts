/** The part of requirements.ts that is about attacks on the key and the protections against them. */
export const protectionRequirements = {
	'VLT-70': 'A result is refused unless the guard rows of each of its groups hold honest noise and nothing else',
	'VLT-71': 'Scores carry Laplace noise of the deviation asked for, the same for the same ciphertext on every pod',
	'VLT-72': 'With protections on, scores leave within ±1 and with four decimals',
	'VLT-73': 'A result that the search service signed for this token, index and blob is taken',
	'VLT-74': 'Any other envelope is refused, always in the same words',
	'VLT-75': 'A nonce counts once; a call that ends without an answer does not use it up',
	'VLT-76': 'Provenance Optional takes results without an envelope and no bad one; without keys it looks at none',
	'VLT-77': 'A protected Vault answers an honest search with rows behind the guard rows, and gives the same answer again and from any pod',
	'VLT-78': 'A protected answer is charged with what its noise leaves of the key, an unprotected one with what its form can hold',
	'VLT-79': 'With guard rows on, a Query blob is refused without an alarm',
	'VLT-80': 'vault dev has the default protections, or none with --protection off; client and stand-in work with either',

	'VLT-90': 'Each answer is metered by the bits of the key it could have told at worst: no less than known attacks learn',
	'VLT-91': 'Bits are on an account of all pods before they are spent: none is given away twice, whoever crashes, conflicts or edits it',
	'VLT-92': 'When the bits of a key are spent, Refuse refuses decrypt_scores and says what to do, and Alert goes on and tells',
	'VLT-93': 'While the account is away Alert goes on, owing, and Refuse spends what it has on account and then refuses',
	'VLT-94': 'At a steady rate a pod writes to the account once in ten seconds at most',
	'VLT-95': 'Three results with damaged guard rows lock the token on every pod, through restarts, until it is unlocked or rotated',
	'VLT-96': 'Released bits are told by audit records, vault_status and metrics, by key and by token and day',

	'CLI-23': 'Each group of rows of an index begins with guard rows, and memories are found on either side of them',
	'CLI-24': 'Clients that store at once keep guard rows in their places',
	'CLI-25': 'A result whose signature the Vault has taken already is searched for again, once',

	// ATK-1 to ATK-3 work on a Vault without protections, and are kept so that the protections can be held against them
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
} as const satisfies Record<string, string>;
