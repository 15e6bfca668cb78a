/** The RuneVault in a YAML file, and what `kubectl apply` would send of it. Pure. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type RuneVault, resource } from '../../../crds/runevault.ts';
import { apiVersionOf } from '../../../kube/resources.ts';
import { CommandError } from '../refusals.ts';

const stringMap = z.record(z.string(), z.string());

const manifestSchema = z.looseObject({
	apiVersion: z.literal(apiVersionOf(resource), { error: `must be ${apiVersionOf(resource)}` }),
	kind: z.literal(resource.kind),
	metadata: z.looseObject({
		name: z.string({ error: 'must be a name' }).min(1, 'must be a name'),
		namespace: z.string().optional(),
		labels: stringMap.optional(),
		annotations: stringMap.optional(),
	}),
	spec: z.record(z.string(), z.unknown(), { error: 'must be an object' }),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** The one RuneVault in the text; documents of other kinds are passed over. @throws CommandError naming the field, or the line. */
export function readManifest(text: string, file: string): Manifest {
	const documents = parseAllDocuments(text);
	const [broken] = documents.flatMap(document => document.errors);
	if (broken !== undefined) throw new CommandError(`${file} is not YAML: ${broken.message.split('\n')[0]}`);
	const vaults = documents.map(document => Object(document.toJS())).filter(({ kind }) => kind === resource.kind);
	if (vaults.length !== 1) throw new CommandError(`${file} holds ${vaults.length} RuneVaults; plan takes a file with one`);
	const read = manifestSchema.safeParse(vaults[0]);
	if (read.success) return read.data;
	const { path, message } = read.error.issues[0] ?? { path: [], message: 'is not a RuneVault' };
	throw new CommandError(`${file}: ${path.join('.')}: ${message}`);
}

type Fields = Record<string, unknown>;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isFields(value) ? value : {});

/** What the file sets, and null for what it set when it was last applied and leaves out now: lists are one value, as in any JSON merge patch. */
function patchOf(wanted: Fields, applied: Fields): Fields {
	const set = Object.entries(wanted).map(([name, value]) => [name, isFields(value) ? patchOf(value, fields(applied[name])) : value]);
	const unset = Object.keys(applied).flatMap(name => (name in wanted ? [] : [[name, null]]));
	return Object.fromEntries([...set, ...unset]);
}

/** The JSON merge patch by which `kubectl apply` brings the live RuneVault to what the file says. */
export function applyPatch({ metadata: { labels = {}, annotations = {} }, spec }: Manifest, live: RuneVault): Fields {
	const applied = fields(parsed(live.metadata.annotations?.[LAST_APPLIED]));
	const before = fields(applied.metadata);
	return {
		metadata: { labels: patchOf(labels, fields(before.labels)), annotations: patchOf(annotations, fields(before.annotations)) },
		spec: patchOf(spec, fields(applied.spec)),
	};
}

function parsed(text: string | undefined): unknown {
	try {
		return JSON.parse(text ?? '');
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** What a JSON merge patch (RFC 7386) makes of a value. */
export function merged(value: unknown, patch: unknown): unknown {
	if (!isFields(patch)) return patch;
	const result = { ...fields(value) };
	for (const [name, each] of Object.entries(patch)) {
		if (each === null) delete result[name];
		else result[name] = merged(result[name], each);
	}
	return result;
}
