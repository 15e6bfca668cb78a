/**
 * `make soak MINUTES=60`: a Vault's process under half of what it can do, one call in a hundred hostile, for so long. Whether its memory stays flat,
 * no call fails, and each audit record is chained goes to build/reports/soak.json and a table; the exit code is 1 when something is not so.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyAudit } from '../../client/kubectl/audit-verify.ts';
import { renderTable } from '../cluster/table.ts';
import { maximalRate, steadyLoad } from './load.ts';
import { type SoakPod, startPod } from './pod.ts';
import { reportOf, rowsOf, type Sample } from './report.ts';

const minutes = Number(process.argv[2]);
if (!(minutes >= 1 && minutes <= 24 * 60)) {
	console.error('MINUTES must be a number from 1 to 1440');
	process.exit(2);
}
const RATE_SECONDS = 20;
const SAMPLE_MS = 5000;
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

/** Samples memory until it is time, and says how it goes each minute. */
async function watchMemory(pod: SoakPod): Promise<Sample[]> {
	const samples: Sample[] = [];
	const started = performance.now();
	for (let next = 0; next <= minutes * 60_000; next += SAMPLE_MS) {
		await sleep(Math.max(0, started + next - performance.now()));
		samples.push({ seconds: next / 1000, bytes: await pod.memory() });
		const [bytes, minute] = [samples.at(-1)?.bytes ?? 0, next / 60_000];
		if (Number.isInteger(minute) && minute > 0) say(`minute ${minute} of ${minutes}: ${Math.round(bytes / 1024 / 1024)} MiB`);
	}
	return samples;
}

async function checkAudit(directory: string): Promise<{ records: number; fault: string | undefined }> {
	const files = (await readdir(directory))
		.filter(name => name.endsWith('.jsonl'))
		.sort()
		.map(name => join(directory, name));
	let records = 0;
	async function* read(file: string): AsyncIterable<Uint8Array> {
		for await (const chunk of createReadStream(file)) {
			for (const byte of chunk) if (byte === 10) records++;
			yield chunk;
		}
	}
	try {
		await verifyAudit(
			{ read, print: () => undefined },
			{ files, isPartial: false, hasRestarts: false, isAmongLogs: false, witness: undefined },
		);
		return { records, fault: undefined };
	} catch (error) {
		return { records, fault: error instanceof Error ? error.message : String(error) };
	}
}

say('start an API server and a Vault');
const pod = await startPod();
try {
	say(`measure the maximal rate for ${RATE_SECONDS} s`);
	const most = await maximalRate(pod, RATE_SECONDS);
	const rate = most / 2;
	say(`${most.toFixed(1)} calls a second at most; ${minutes} minutes at ${rate.toFixed(1)}`);
	const stop = new AbortController();
	const loading = steadyLoad(pod, rate, stop.signal);
	const samples = await watchMemory(pod);
	stop.abort();
	const tally = await loading;
	const logErrors = pod.errors().length;
	const exitCode = await pod.stop();
	const expected = Math.floor(most * RATE_SECONDS) + (tally.statuses['2xx'] ?? 0);
	const audit = { ...(await checkAudit(pod.auditDirectory)), expected };
	const report = reportOf({ minutes, maximalRate: most, rate, tally, samples, logErrors, exitCode, audit });
	await mkdir('build/reports', { recursive: true });
	await writeFile('build/reports/soak.json', `${JSON.stringify({ ...report, samples }, null, 2)}\n`);
	console.log(renderTable(['SOAK', ''], rowsOf(report)));
	for (const line of pod.errors().slice(0, 5)) console.error(line);
	for (const what of report.verdict) console.error(`not as promised: ${what}`);
	process.exitCode = report.verdict.length > 0 ? 1 : 0;
} finally {
	await pod.clean();
}
