/** `/metrics`, `/livez` and `/readyz` of the operator. */
import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

export type Health = {
	/** Why the process is not alive; undefined when it is. */
	notAlive: () => string | undefined;
	notReady: () => string | undefined;
};

/** Answers one GET: status, content type and body. */
export async function answer(path: string, registry: Registry, { notAlive, notReady }: Health): Promise<[number, string, string]> {
	const health = (why: string | undefined): [number, string, string] => [why === undefined ? 200 : 503, 'text/plain', `${why ?? 'ok'}\n`];
	switch (path) {
		case '/metrics':
			return [200, registry.contentType, await registry.metrics()];
		case '/livez':
			return health(notAlive());
		case '/readyz':
			return health(notReady());
		default:
			return [404, 'text/plain', 'not found\n'];
	}
}

/** Listens; port 0 takes any free one. */
export function listen(port: number, registry: Registry, health: Health): Promise<Server> {
	const server = createServer(async (request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://operator');
		try {
			const [status, type, body] = await answer(pathname, registry, health);
			response.writeHead(status, { 'content-type': type }).end(body);
		} catch {
			response.writeHead(500).end();
		}
	});
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, () => resolve(server));
	});
}
