/** The manifest by which krew, the package manager of kubectl plug-ins, installs this one. Pure. */
import { version } from './version.ts';

export const PLUGIN = 'runevault';
export const PROGRAM = `kubectl-${PLUGIN}`;

/** @param uri where the archive can be had. @param sha256 of the archive, 64 hex digits. */
export function buildKrewManifest({ uri, sha256 }: { uri: string; sha256: string }) {
	return {
		apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
		kind: 'Plugin',
		metadata: { name: PLUGIN },
		spec: {
			version: `v${version}`,
			shortDescription: 'Look at RuneVaults, plan changes, rotate tokens, move primaries',
			description: `Tells of each RuneVault whether it is ready or why not, what applying a file would change,
what a condition means and what to do about it, and how to connect an MCP client. Rotates
tokens, moves the primary, pauses the operator and checks audit logs.
`,
			caveats: `Needs Node.js 24 or newer on the PATH.
For completion: kubectl runevault completion kubectl > kubectl_complete-runevault, executable and on the PATH.
`,
			platforms: [
				{
					selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }] },
					uri,
					sha256,
					bin: PROGRAM,
					files: [
						{ from: PROGRAM, to: '.' },
						{ from: 'LICENSE', to: '.' },
					],
				},
			],
		},
	};
}
