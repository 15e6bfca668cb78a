/** Fields that every status is made of. */
import { z } from 'zod';

export const instant = () => z.iso.datetime({ offset: true });
export const count = () => z.int().min(0).max(2_147_483_647);

/** One entry of `status.conditions`. */
export const conditionSchemaOf = (types: readonly string[]) =>
	z.object({
		type: z.enum(types as [string, ...string[]]).describe('Which condition.'),
		status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
		observedGeneration: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe('The generation of the spec it speaks of.'),
		lastTransitionTime: instant().describe('When its status last changed.'),
		reason: z.string().min(1).max(64).describe('Why, as one word for programs.'),
		message: z.string().max(4096).describe('Why, for people.'),
	});
