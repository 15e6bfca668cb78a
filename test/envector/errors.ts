/** What the stand-in answers with when a request is wrong: a status, the field at fault, and a sentence. */
export class ApiError extends Error {
	readonly status: number;
	readonly field: string;

	constructor(status: number, field: string, message: string) {
		super(message);
		this.status = status;
		this.field = field;
	}
}
