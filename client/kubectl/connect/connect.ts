/**
 * `connect`: how an MCP client is told of this Vault, and whether the Vault answers.
 *
 * The one command that reads a Secret: that of the token asked for, for the call and for --show-token. With --no-call and without
 * --show-token it reads none.
 */
import type { RuneVault } from '../../../crds/runevault.ts';
import { isForbidden } from '../../../kube/errors.ts';
import { get } from '../../../kube/objects.ts';
import { resources } from '../../../kube/resources.ts';
import { CommandError } from '../refusals.ts';
import type { Session } from '../session.ts';
import { oneLine } from '../text.ts';
import { readVault } from '../vaults.ts';
import { callStatus } from './call.ts';
import { type ClientName, readsVariable, snippetFor, VARIABLE } from './snippets.ts';

export type ConnectQuestion = { name: string; token: string | undefined; client: ClientName; isTokenShown: boolean; isCalled: boolean };

/** The port on which a Vault pod serves clients. */
const PUBLIC_PORT = 8443;

type Access = { token: string; ca: string | undefined };

/** @throws CommandError when the vault has no such token or no endpoint yet, or does not answer. */
export async function connect(session: Session, question: ConnectQuestion): Promise<void> {
	const { name, client, isTokenShown, isCalled } = question;
	const { print, tell } = session;
	const vault = await readVault(session, name);
	const url = vault.status?.endpoint;
	if (url === undefined) throw new CommandError(`${name} has no endpoint yet: see kubectl runevault status ${name}`);
	const { token, secretName } = chooseToken(vault, question.token);
	const access = isTokenShown || isCalled ? await readAccess(session, secretName) : undefined;
	const { file, text } = snippetFor(client, { name: `runevault-${name}`, url, token: isTokenShown ? access?.token : undefined });
	print(text);
	const secret = `kubectl get secret -n ${session.namespace} ${secretName} -o jsonpath=`;
	const decoded = (field: string) => `$(${secret}'{.data.${field}}' | base64 -d)`;
	tell(`goes into ${file}`);
	if (!isTokenShown)
		tell(readsVariable(client) ? `export ${VARIABLE}="${decoded('token')}"` : `it asks for the token: ${decoded('token').slice(2, -1)}`);
	if (access?.ca !== undefined)
		tell(`whom to trust: ${decoded('ca\\.crt').slice(2, -1)} > ${name}-ca.crt, and NODE_EXTRA_CA_CERTS=${name}-ca.crt`);
	if (isCalled && access !== undefined) await call(session, vault, { url, token, access });
}

function chooseToken({ metadata, status }: RuneVault, wanted: string | undefined): { token: string; secretName: string } {
	const tokens = status?.tokens ?? [];
	const names = tokens.map(each => each.name).join(', ');
	if (tokens.length === 0) throw new CommandError(`${metadata.name} has no token yet`);
	if (wanted === undefined && tokens.length > 1) throw new CommandError(`${metadata.name} has several tokens, name one: ${names}`);
	const found = tokens.find(each => wanted === undefined || each.name === wanted);
	if (found === undefined) throw new CommandError(`${metadata.name} has no token ${wanted}; it has ${names}`);
	return { token: found.name, secretName: found.secretName };
}

async function readAccess({ transport, namespace }: Session, secretName: string): Promise<Access> {
	try {
		const secret = await get(transport, resources.secrets, { namespace, name: secretName });
		const data: Record<string, string | undefined> = Object(secret?.data);
		const read = (field: string) => (data[field] === undefined ? undefined : Buffer.from(data[field], 'base64').toString());
		const token = read('token');
		if (token === undefined) throw new CommandError(`Secret ${secretName} is not there, or holds no token`);
		return { token, ca: read('ca.crt') };
	} catch (error) {
		if (!isForbidden(error)) throw error;
		throw new CommandError(`you may not read Secret ${secretName}, which the call needs: --no-call does without`, { cause: error });
	}
}

type Target = { url: string; token: string; access: Access };

async function call(session: Session, vault: RuneVault, { url, token, access }: Target): Promise<void> {
	const { clock, tell } = session;
	const way = await wayTo(session, vault);
	const startedAt = clock.now();
	try {
		const { role, epoch, key_id, identity } = await callStatus({ url, ...access, loopbackPort: way.port });
		const milliseconds = Math.round(clock.now() - startedAt);
		tell(
			oneLine(
				`${url} answers ${way.text} in ${milliseconds} ms: ${role}, epoch ${epoch}, key ${key_id}, as ${identity.name} (${identity.role})`,
			),
		);
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
		throw new CommandError(`${url} with token ${token}, ${way.text}: ${error.message}`, { cause: error });
	} finally {
		way.close();
	}
}

type Way = { port: number | undefined; text: string; close: () => void };

/** An Ingress is called as clients do. What only the cluster's network reaches is called through a forwarded port of the primary. */
async function wayTo({ forward, namespace }: Session, { metadata, spec, status }: RuneVault): Promise<Way> {
	if (Object(Object(spec).ingress).state === 'Enabled') return { port: undefined, text: 'through the Ingress', close: () => undefined };
	const pod = status?.primary?.pod;
	if (pod === undefined) throw new CommandError(`${metadata.name} has no primary to call: see kubectl runevault explain ${metadata.name}`);
	const { port, close } = await forward({ namespace, name: pod }, PUBLIC_PORT);
	return { port, text: `through a forwarded port of ${pod}`, close };
}
