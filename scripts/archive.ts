/** A Dockerfile and its context into one image archive that containerd imports, with buildah or docker. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../test/install/run.ts';

export type Builder = 'buildah' | 'docker';

export type ImageBuild = {
	readonly builder: Builder;
	readonly context: string;
	readonly dockerfile: string;
	/** `repository:tag`. */
	readonly reference: string;
	/** Where the archive goes. */
	readonly file: string;
};

const TIMEOUT_MS = 600_000;

/**
 * buildah works without a daemon: `vfs` and `chroot` need neither overlay mounts nor namespaces. Its storage is thrown away. Time stamps
 * are fixed, so that the same files make the same image.
 */
async function withBuildah({ context, dockerfile, reference, file }: ImageBuild): Promise<void> {
	const storage = await mkdtemp(join(tmpdir(), 'runevault-image-'));
	const buildah = (...args: string[]) =>
		run('buildah', ['--root', join(storage, 'root'), '--runroot', join(storage, 'run'), '--storage-driver', 'vfs', ...args], {
			timeoutMs: TIMEOUT_MS,
		});
	try {
		await buildah(
			'build',
			'--isolation',
			'chroot',
			'--timestamp',
			'0',
			'--layers=false',
			'--tag',
			reference,
			'--file',
			dockerfile,
			context,
		);
		await rm(file, { force: true });
		await buildah('push', '--quiet', reference, `docker-archive:${file}:${reference}`);
	} finally {
		await rm(storage, { recursive: true, force: true });
	}
}

async function withDocker({ context, dockerfile, reference, file }: ImageBuild): Promise<void> {
	await run('docker', ['build', '--tag', reference, '--file', dockerfile, context], { timeoutMs: TIMEOUT_MS });
	await run('docker', ['save', '--output', file, reference], { timeoutMs: TIMEOUT_MS });
}

export function buildArchive(build: ImageBuild): Promise<void> {
	return build.builder === 'buildah' ? withBuildah(build) : withDocker(build);
}
