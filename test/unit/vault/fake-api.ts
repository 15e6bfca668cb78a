/** As much of an API server as one pod or Job needs: objects by path, creation, update with conflict, apply, and watches that stay silent. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Stored = { metadata: { name: string; resourceVersion?: string; [field: string]: unknown }; [field: string]: unknown };

export type FakeApi = {
	/** A kubeconfig that leads here. */
	kubeconfig: string;
	objects: Map<string, Stored>;
	/** Resolves when `test` first holds after a write. */
	until(test: () => boolean): Promise<void>;
	close(): void;
};

export async function startFakeApi(): Promise<FakeApi> {
	const objects = new Map<string, Stored>();
	const waiting = new Set<() => void>();
	let version = 0;
	const store = (path: string, object: Stored): Stored => {
		version += 1;
		const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
		objects.set(path, stored);
		for (const check of waiting) check();
		return stored;
	};

	const answer = (method: string, path: string, body: Stored): [number, unknown] => {
		const existing = objects.get(path);
		switch (method) {
			case 'GET':
				return existing ? [200, existing] : status(404, 'NotFound');
			case 'POST': {
				const target = `${path}/${body.metadata.name}`;
				return objects.has(target)
					? status(409, 'AlreadyExists')
					: [201, store(target, { ...body, metadata: { uid: `u-${version + 1}`, ...body.metadata } })];
			}
			case 'PUT': {
				const isStale = body.metadata.resourceVersion !== existing?.metadata.resourceVersion;
				return isStale ? status(409, 'Conflict') : [200, store(path, body)];
			}
			case 'PATCH': {
				const metadata = { ...existing?.metadata, ...body.metadata };
				const data = body.data === undefined ? existing?.data : { ...Object(existing?.data), ...Object(body.data) };
				return [200, store(path, { ...existing, ...body, metadata, ...(data === undefined ? {} : { data }) })];
			}
			default:
				return status(405, 'MethodNotAllowed');
		}
	};

	const server = createServer(async (req, res) => {
		const { pathname, searchParams } = new URL(req.url ?? '/', 'http://fake');
		if (searchParams.get('watch') !== null) {
			res.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
			return;
		}
		const name = /metadata\.name=([^,]+)/.exec(searchParams.get('fieldSelector') ?? '')?.[1];
		const [code, body] =
			name === undefined ? answer(req.method ?? '', pathname, await read(req)) : [200, listOf(objects.get(`${pathname}/${name}`), version)];
		res.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		kubeconfig: JSON.stringify({
			apiVersion: 'v1',
			kind: 'Config',
			'current-context': 'fake',
			contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
			clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
			users: [{ name: 'fake', user: {} }],
		}),
		objects,
		until: test =>
			new Promise(resolve => {
				const check = () => {
					if (!test()) return;
					waiting.delete(check);
					resolve();
				};
				waiting.add(check);
				check();
			}),
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}

const status = (code: number, reason: string): [number, unknown] => [
	code,
	{ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code },
];

const listOf = (object: Stored | undefined, version: number) => ({
	metadata: { resourceVersion: String(version) },
	items: object === undefined ? [] : [object],
});

async function read(req: IncomingMessage): Promise<Stored> {
	let text = '';
	for await (const chunk of req) text += chunk;
	return text === '' ? { metadata: { name: '' } } : JSON.parse(text);
}
