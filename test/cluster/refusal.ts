/** A refusal to start, with one line for each reason; nothing has been changed. */
export class Refusal extends Error {
	readonly reasons: readonly string[];

	constructor(reasons: readonly string[]) {
		super(reasons.join('\n'));
		this.name = 'Refusal';
		this.reasons = reasons;
	}
}
