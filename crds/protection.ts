/** How the key is kept from whoever may ask for decryptions: signed results, guard rows, noise, and an account of what was given away. */
import { z } from 'zod';
import { listByKey, rules } from './fields.ts';

/** Bits of entropy of a ternary key of 4,096 coefficients: what there is to give away. */
const KEY_BITS = 6490;

const publicKeySchema = z.object({
	kid: z
		.string()
		.min(1)
		.max(64)
		.regex(/^[-._a-zA-Z0-9]+$/, 'must be letters, digits, -, _ and .')
		.describe('Name of the key, as results carry it.'),
	key: z.string().min(1).max(512).describe('Ed25519 public key as PEM (SubjectPublicKeyInfo).'),
});

const provenanceSchema = rules(
	z.object({
		mode: z
			.enum(['Optional', 'Required'])
			.default('Optional')
			.describe(
				'Required refuses results that the search service has not signed for this token. Optional takes them, and still refuses a wrong signature.',
			),
		publicKeys: listByKey(publicKeySchema.describe('A key of the search service.'), 8, 'kid')
			.prefault([])
			.describe('Keys with which the search service signs its results. Two during a change of key.'),
	}),
	{
		// The API server tries the rule on the default `{}` too, before the defaults inside it are there.
		rule: "!has(self.mode) || self.mode != 'Required' || (has(self.publicKeys) && self.publicKeys.size() > 0)",
		message: 'must hold a key when mode is Required',
		fieldPath: '.publicKeys',
		check: ({ mode, publicKeys }) => mode !== 'Required' || publicKeys.length > 0,
		path: ['publicKeys'],
	},
).prefault({});

const DECIMAL = /^[0-9]{1,2}(\.[0-9]{1,8})?([eE]-?[0-9]{1,2})?$/;
const isSmudge = (text: string) => Number(text) === 0 || (Number(text) >= 1e-4 && Number(text) <= 1e-2);

const releasedBitsSchema = z
	.object({
		limitPerKey: z
			.int()
			.min(1)
			.max(KEY_BITS)
			.default(3000)
			.describe(`Bits of a key that answers may give away at worst before it is to be rotated. A key holds ${KEY_BITS}.`),
		onLimit: z
			.enum(['Alert', 'Refuse'])
			.default('Alert')
			.describe('Alert goes on and says so in the condition Protected; Refuse answers no more decrypt_scores until the key is rotated.'),
	})
	.prefault({});

export const protectionSchema = z
	.object({
		provenance: provenanceSchema.describe('Results that the search service signed.'),
		guardRows: rules(z.int().min(0).max(16).default(16), {
			rule: 'self == 0 || self == 16',
			message: 'must be 0 or 16',
			check: rows => rows === 0 || rows === 16,
		}).describe(
			'How many first rows of each group of 128 rows (64 at dimension 4096) hold encryptions of zero, which the Vault checks. 0: the search service keeps none, and a Query blob is taken too.',
		),
		smudge: rules(z.string().min(1).max(16).regex(DECIMAL, 'must be a decimal such as 1e-4').default('5e-3'), {
			rule: 'double(self) == 0.0 || (double(self) >= 0.0001 && double(self) <= 0.01)',
			message: 'must be 0, or between 1e-4 and 1e-2',
			check: text => !DECIMAL.test(text) || isSmudge(text),
		}).describe('Standard deviation of the noise that is added to each score before the rows are ranked. 0: none.'),
		releasedBits: releasedBitsSchema.describe('The account of what answers could have given away.'),
	})
	.prefault({});
