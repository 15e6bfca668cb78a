/** Certificates of a RuneVault on a real cluster: who shows which, whom pods admit, and how new ones reach processes that run. */
import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { connectVault } from '../../../client/vault.ts';
import { findTarget } from '../../demo/target.ts';
import {
	applyManifest,
	authorityOf,
	connect,
	createNamespace,
	INTERNAL_PORT,
	installOperator,
	manifest,
	PUBLIC_PORT,
	primaryOf,
	reachVault,
	type Target,
	tokenOf,
	waitFor,
} from '../../install/installation.ts';
import { getObject, secretText } from '../../install/kubectl.ts';
import { type Port, reachPod } from '../../install/reach.ts';
import { until } from '../../install/run.ts';

const vault = { namespace: `tls-${randomBytes(3).toString('hex')}`, name: 'acme' };
const SERVICE = `${vault.name}.${vault.namespace}.svc`;

describe('certificates of a RuneVault', () => {
	let target: Target;
	/** The public and the internal port of the primary. */
	const ports: Port[] = [];
	const at = (index: 0 | 1): Port => {
		const port = ports[index];
		assert.ok(port);
		return port;
	};
	const ofToken = (key: string) => secretText(target.kubectl, `${vault.name}-token-team`, key, vault.namespace);

	async function handshake({ host, port }: Port, options: ConnectionOptions): Promise<TLSSocket> {
		const socket = connectTls({ host, port, servername: SERVICE, ...options });
		await once(socket, 'secureConnect');
		return socket;
	}
	async function get({ host, port }: Port, path: string, ca: string, agent: Agent | false = false) {
		const sent = request({ host, port, path, servername: SERVICE, ca, agent, headers: { host: SERVICE } }).end();
		const [response] = await once(sent, 'response');
		const { statusCode: status, socket } = response;
		return { status, socket, body: await text(response) };
	}
	async function serialAt(port: Port): Promise<string> {
		const socket = await handshake(port, { ca: await authorityOf(target.kubectl, vault) });
		const { serialNumber } = socket.getPeerCertificate();
		socket.destroy();
		return serialNumber;
	}

	before(async () => {
		target = await findTarget(process.env);
		await installOperator(target);
		await createNamespace(target.kubectl, vault.namespace);
		await applyManifest(target.kubectl, manifest(vault, { replicas: 2 }));
		await waitFor(target.kubectl, vault, 'Ready');
		await waitFor(target.kubectl, vault, 'Progressing', 'False');
		const pod = await until('a primary', () => primaryOf(target.kubectl, vault));
		for (const port of [PUBLIC_PORT, INTERNAL_PORT]) ports.push(await reachPod(target, vault.namespace, pod, port));
	});
	after(async () => {
		for (const port of ports) port.close();
		await target?.kubectl(['delete', 'namespace', vault.namespace, '--wait=false']);
	});

	it('[CLU-25] are of the authority in the Secret of the token, over TLS 1.3 and nothing older', async () => {
		const ca = await ofToken('ca.crt');
		assert.equal(ca, await authorityOf(target.kubectl, vault));
		for (const port of ports) {
			const socket = await handshake(port, { ca });
			assert.deepEqual([socket.authorized, socket.getProtocol()], [true, 'TLSv1.3']);
			socket.destroy();
			await assert.rejects(handshake(port, { ca, maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
			await assert.rejects(handshake(port, {}), /self-signed certificate|unable to/);
		}
	});

	it('[CLU-26] are what the operator is known by: nobody else gets an answer to /probe, and the pods are proved', async () => {
		const ca = await ofToken('ca.crt');
		assert.equal((await get(at(1), '/probe?canary=0&nonce=ab', ca)).status, 403);
		assert.equal((await get(at(1), '/livez', ca)).status, 200);
		await waitFor(target.kubectl, vault, 'KeysLoaded');
	});

	it('[CLU-27] are enough, with what is beside the token, to call the endpoint of the status', async () => {
		const status = (await getObject(target.kubectl, 'runevault', vault.name, vault.namespace))?.status;
		assert.equal(await ofToken('endpoint'), status?.endpoint);
		assert.equal(status?.endpoint, `https://${SERVICE}:${PUBLIC_PORT}/mcp`);
		const { mcpServers } = JSON.parse(await ofToken('mcp.json'));
		const [{ url, headers }] = Object.values(mcpServers) as [{ url: string; headers: { Authorization: string } }];
		const reach = await reachVault(target, vault);
		const client = await connectVault({ url, token: headers.Authorization.replace(/^Bearer /, ''), fetch: reach.fetch, retries: 5 });
		assert.equal((await client.status()).role, 'primary');
		await client.close();
		await reach.close();
	});

	it('[CLU-28] are renewed in the processes that run, while an open connection stays', async () => {
		const ca = await ofToken('ca.crt');
		const pods = async () => {
			const list = await target.kubectl(['get', 'pods', '-n', vault.namespace, '-l', 'app.kubernetes.io/component=vault', '-o', 'json']);
			const { items } = JSON.parse(list) as {
				items: { metadata: { uid: string }; status: { containerStatuses: { restartCount: number }[] } }[];
			};
			return items.map(({ metadata, status }) => [metadata.uid, status.containerStatuses[0]?.restartCount]);
		};
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const { socket } = await get(at(0), '/health', ca, agent);
		const [before, old] = [await pods(), await Promise.all(ports.map(serialAt))];
		await target.kubectl(['delete', 'secret', `${vault.name}-tls`, '-n', vault.namespace]);
		const serial = await until('another certificate in its Secret', async () => {
			const made = await getObject(target.kubectl, 'secret', `${vault.name}-tls`, vault.namespace);
			const cert = made?.data?.['tls.crt'];
			const { serialNumber } = cert === undefined ? { serialNumber: old[0] } : new X509Certificate(Buffer.from(cert, 'base64'));
			return serialNumber !== old[0] && serialNumber;
		});
		for (const port of ports) await until('the new certificate shown', async () => (await serialAt(port)) === serial);
		assert.equal(await ofToken('ca.crt'), ca, 'the authority is the same');
		const again = await get(at(0), '/health', ca, agent);
		assert.equal(again.status, 200);
		assert.ok(again.socket === socket, 'over the same connection');
		agent.destroy();
		assert.deepEqual(await pods(), before, 'no pod was restarted or replaced');
		const reach = await reachVault(target, vault);
		const client = await connect(vault, reach, await tokenOf(target.kubectl, vault), { retries: 5 });
		await client.status();
		await client.close();
		await reach.close();
		await waitFor(target.kubectl, vault, 'Ready');
	});
});
