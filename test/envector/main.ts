/** The stand-in for enVector Cloud as a program: `node test/envector/main.ts --port 0 --json`. */
import { parseArgs } from 'node:util';
import { loadSeal } from '../../fhe/seal.ts';
import { startEnvector } from './server.ts';

const help = `Usage: node test/envector/main.ts [options]

An untrusted search service: stores encrypted vectors and metadata, searches ciphertexts, holds no secret key.

  --host <address>  where to listen (127.0.0.1)
  --port <number>   0 takes a free port (7070)
  --json            print one line {"url", "signingKey": {"kid", "key"}} when ready
  --help            print this
`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			host: { type: 'string', default: '127.0.0.1' },
			port: { type: 'string', default: '7070' },
			json: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		process.stdout.write(help);
		return;
	}
	const port = Number(values.port);
	if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port: must be a port number');
	const server = await startEnvector({ seal: await loadSeal(), host: values.host, port });
	process.stdout.write(
		values.json ? `${JSON.stringify({ url: server.url, signingKey: server.signingKey })}\n` : `enVector stand-in at ${server.url}\n`,
	);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
}

main().catch(error => {
	process.stderr.write(`envector: ${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
