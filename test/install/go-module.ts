/** Files out of a Go module: the CRDs of others, and sources to build. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { KubeObject } from '../../kube/resources.ts';
import { run } from './run.ts';

/** The folder of a module `path@version`, fetched from the Go module proxy when it is not there. Not to be written to. */
export async function moduleDirectory(module: string): Promise<string> {
	const env = { GOFLAGS: '-mod=mod', GOWORK: 'off' };
	const answer = await run('go', ['mod', 'download', '-json', module], { env, timeoutMs: 300_000 });
	return z.object({ Dir: z.string() }).parse(JSON.parse(answer)).Dir;
}

/** The Kubernetes objects in files of a module. */
export async function objectsOfModule(module: string, files: readonly string[]): Promise<KubeObject[]> {
	const directory = await moduleDirectory(module);
	const texts = await Promise.all(files.map(file => readFile(join(directory, file), 'utf8')));
	return texts
		.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as KubeObject | null))
		.filter(object => object !== null);
}
