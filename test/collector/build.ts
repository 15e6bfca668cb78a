/**
 * A real OpenTelemetry collector: assembled once by the collector's own builder from `builder.yaml`, out of the Go module proxy, and kept in
 * the user's cache folder beside the programs of the cluster.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../cluster/lock.ts';
import { cacheDirectory } from '../cluster/paths.ts';
import { run } from '../install/run.ts';

const builder = 'go.opentelemetry.io/collector/cmd/builder@v0.165.0';
const manifest = join(import.meta.dirname, 'builder.yaml');

/** Builds the collector if it is not there, which takes some minutes. @returns the path of the program */
export async function collectorProgram(say: (line: string) => void): Promise<string> {
	const made = createHash('sha256')
		.update(builder)
		.update(await readFile(manifest));
	const directory = join(cacheDirectory(), `otelcol-${made.digest('hex').slice(0, 12)}`);
	const program = join(directory, 'otelcol');
	if (existsSync(program)) return program;
	const onWait = () => say('another process is building: waiting for it');
	await withLock(join(cacheDirectory(), 'build.lock'), onWait, async () => {
		if (existsSync(program)) return;
		say(`build an OpenTelemetry collector: some 3 minutes, once; kept in ${cacheDirectory()}`);
		const fresh = `${directory}.new-${process.pid}`;
		await mkdir(fresh, { recursive: true });
		await copyFile(manifest, join(fresh, 'builder.yaml'));
		const env = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-buildvcs=false' };
		await run('go', ['run', builder, '--config', 'builder.yaml', '--ldflags', '-s -w'], { env, cwd: fresh, timeoutMs: 3_600_000 });
		await rename(join(fresh, 'source', 'otelcol'), join(fresh, 'otelcol'));
		await rm(join(fresh, 'source'), { recursive: true });
		await rename(fresh, directory);
	});
	return program;
}
