/** `report`: one YAML document on standard output with all that helps to find a fault, and nothing that must stay in the cluster. */
import { stringify } from 'yaml';
import type { Session } from '../session.ts';
import { version } from '../version.ts';
import { gatherReport } from './gather.ts';
import { redact } from './redact.ts';

const HEADER = `# Made by kubectl runevault report. Secrets are named and not read; what looks like a token, a key or a blob is taken out.
# It does hold names, addresses and labels of your cluster: read it before you give it away.
`;

/** @throws CommandError when there is no such RuneVault. */
export async function report(session: Session, name: string): Promise<void> {
	const { apiServer, notRead, ...rest } = await gatherReport(session, name);
	const about = { madeAt: session.clock.wall().toISOString(), plugIn: version, apiServer, namespace: session.namespace, name, notRead };
	const text = stringify(redact({ about, ...rest }), { lineWidth: 0, aliasDuplicateObjects: false });
	session.print(`${HEADER}${text}`.trimEnd());
	for (const each of notRead) session.tell(`not read: ${each}`);
}
