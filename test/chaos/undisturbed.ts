/** Rounds in which the machine itself gave out tell nothing of the Vault, whatever they show: they are thrown away and done once more. */
import type { Summary } from './client/answers.ts';

const MOST_TRIES = 3;

export class DisturbedError extends Error {
	override readonly name = 'DisturbedError';
}

/** @param control what the client of a Vault saw that nothing was done to. @throws DisturbedError when a call of it failed */
export function assertUndisturbed({ calls, failedCalls, failures }: Summary): void {
	if (failedCalls === 0) return;
	throw new DisturbedError(
		`${failedCalls} of ${calls} calls to a Vault that nothing was done to failed (${Object.keys(failures).join('; ')}): this machine is too busy`,
	);
}

/** @throws DisturbedError of the last try; at once, any other error */
export async function undisturbed<T>(round: () => Promise<T>, say: (line: string) => void, tries = MOST_TRIES): Promise<T> {
	try {
		return await round();
	} catch (error) {
		if (!(error instanceof DisturbedError) || tries <= 1) throw error;
		say(`once more: ${error.message}`);
		return undisturbed(round, say, tries - 1);
	}
}
