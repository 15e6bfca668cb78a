/** The collector as a process on a port of this machine's loopback, and the spans it says it got. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../api/harness.ts';
import { until } from '../install/run.ts';
import { collectorProgram } from './build.ts';

export type SeenSpan = {
	name: string;
	kind: string;
	trace: string;
	id: string;
	/** Empty when it has none. */
	parent: string;
	status: string;
	attributes: Record<string, string>;
	links: string[];
	resource: Record<string, string>;
};

export type Collector = {
	readonly endpoint: string;
	spans(): SeenSpan[];
	/** All it wrote. */
	output(): string;
	stop(): Promise<void>;
};

const configuration = (port: number) => `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}
`;

export async function startCollector(): Promise<Collector> {
	const program = await collectorProgram(line => process.stderr.write(`${line}\n`));
	const directory = await mkdtemp(join(tmpdir(), 'collector-'));
	const [port = 0] = await freePorts(1);
	const file = join(directory, 'collector.yaml');
	await writeFile(file, configuration(port));
	const child = spawn(program, ['--config', file]);
	const chunks: string[] = [];
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => chunks.push(chunk));
	const output = () => chunks.join('');
	const stop = async () => {
		if (child.exitCode === null) {
			child.kill('SIGTERM');
			await once(child, 'exit');
		}
		await rm(directory, { recursive: true });
	};
	try {
		await until('a collector that is ready', async () => {
			if (child.exitCode !== null) throw new Error(output());
			return output().includes('Everything is ready');
		});
	} catch (error) {
		await stop();
		throw error;
	}
	return { endpoint: `http://127.0.0.1:${port}`, output, spans: () => parseSpans(output()), stop };
}

/** Reads what the debug exporter writes at its most detailed. */
function parseSpans(text: string): SeenSpan[] {
	return text
		.split(/^.*ResourceSpans #\d+$/m)
		.slice(1)
		.flatMap(spansOfResource);
}

function spansOfResource(text: string): SeenSpan[] {
	const [head = '', ...spans] = text.split(/^Span #\d+$/m);
	const resource = attributesOf(head);
	return spans.map(span => {
		const [own = '', links = ''] = span.split(/^Links:$/m);
		const value = (name: string) => new RegExp(`^ {4}${name} *: *(.*)$`, 'm').exec(own)?.[1] ?? '';
		return {
			...{ name: value('Name'), kind: value('Kind'), trace: value('Trace ID'), id: value('ID'), parent: value('Parent ID') },
			...{
				status: value('Status code'),
				attributes: attributesOf(own),
				links: [...links.matchAll(/-> ID: (\w+)/g)].map(([, id]) => id ?? ''),
			},
			resource,
		};
	});
}

function attributesOf(text: string): Record<string, string> {
	return Object.fromEntries([...text.matchAll(/^ {5}-> ([^:]+): \w+\((.*)\)$/gm)].map(([, name, value]) => [name ?? '', value ?? '']));
}
