/** The change of a RuneVault that rotates one of its tokens. Pure. */
import { type RuneVault, type RuneVaultSpec, runeVaultSpecSchema } from '../../crds/runevault.ts';
import { CommandError } from './refusals.ts';

/** An operation of a JSON patch (RFC 6902). `test` refuses the whole patch when the value is another; `add` replaces a field that is there. */
export type Operation = { op: 'test' | 'add'; path: string; value: unknown };

type Token = RuneVaultSpec['access']['tokens'][number];

const accessSchema = runeVaultSpecSchema.pick({ access: true });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The tokens in force: those of the spec, or the default where it names none. @throws CommandError when they are not valid. */
function tokensInForce({ metadata, spec }: Pick<RuneVault, 'metadata' | 'spec'>): Token[] {
	const read = accessSchema.safeParse(spec);
	if (!read.success) throw new CommandError(`the tokens of ${metadata.name} are not valid: ${read.error.issues[0]?.path.join('.')}`);
	return read.data.access.tokens;
}

/** The token of that name. @throws CommandError naming those there are. */
function findToken(vault: Pick<RuneVault, 'metadata' | 'spec'>, name: string): Token {
	const tokens = tokensInForce(vault);
	const token = tokens.find(each => each.name === name);
	if (token !== undefined) return token;
	throw new CommandError(`${vault.metadata.name} has no token ${name}; it has ${tokens.map(each => each.name).join(', ')}`);
}

/**
 * Raises the generation of a token by one, if the token is still what it was when it was read. Where the spec does not write the list, the
 * list in force is written, if what it is written into is still what it was.
 * @throws CommandError when there is no such token.
 */
export function rotation(vault: Pick<RuneVault, 'metadata' | 'spec'>, name: string): { patch: Operation[]; generation: number } {
	const generation = findToken(vault, name).generation + 1;
	const spec = isRecord(vault.spec) ? vault.spec : {};
	const access = isRecord(spec.access) ? spec.access : undefined;
	if (Array.isArray(access?.tokens)) {
		const index = access.tokens.findIndex(token => isRecord(token) && token.name === name);
		const path = `/spec/access/tokens/${index}`;
		return { patch: [test(path, access.tokens[index]), add(`${path}/generation`, generation)], generation };
	}
	const tokens = tokensInForce(vault).map(token => (token.name === name ? { ...token, generation } : token));
	const patch =
		access === undefined
			? [test('/spec', spec), add('/spec/access', { tokens })]
			: [test('/spec/access', access), add('/spec/access/tokens', tokens)];
	return { patch, generation };
}

const test = (path: string, value: unknown): Operation => ({ op: 'test', path, value });
const add = (path: string, value: unknown): Operation => ({ op: 'add', path, value });
