/** What `make test` runs, in order. */

/** A program that passes or fails as a whole. */
export type Gate = { readonly name: string; readonly command: readonly string[] };

export type Tier = {
	readonly name: string;
	/** Run first, in order; if one fails, the tier fails and its tests are not run. */
	readonly prepare: readonly Gate[];
	readonly gates: readonly Gate[];
	/** Of test files. */
	readonly globs: readonly string[];
	/** Whether files may run at the same time. */
	readonly isParallel: boolean;
	/** For one file. */
	readonly timeoutMs: number;
	/** Run after the tests, whatever came of them. */
	readonly finish: readonly Gate[];
};

const launcher = (command: string): Gate => ({ name: `cluster ${command}`, command: ['node', 'test/cluster/main.ts', command] });
/** What takes minutes to build, for the tiers alone that need it. */
const program = (...names: string[]): Gate => ({ name: names.join(' and '), command: ['node', 'test/cluster/main.ts', 'build', ...names] });
const MINUTE = 60_000;

/** @param env CLUSTER=current tests on the kubeconfig's cluster; CI takes the cluster down again */
export function tiers(env: NodeJS.ProcessEnv): Tier[] {
	const isOwnCluster = env.CLUSTER !== 'current';
	const none = { prepare: [], gates: [], globs: [], finish: [], isParallel: true, timeoutMs: 10 * MINUTE } satisfies Omit<Tier, 'name'>;
	return [
		{
			...none,
			name: 'verify',
			gates: [
				{ name: 'format and lint', command: ['biome', 'ci', '--colors=off', '.'] },
				{ name: 'types', command: ['tsc', '--noEmit', '--project', '.'] },
				{ name: 'dead code', command: ['knip', '--no-progress'] },
				{ name: 'generated files', command: ['node', 'crds/generate.ts', '--check'] },
				{ name: 'file sizes', command: ['node', 'scripts/sizes.ts'] },
			],
		},
		{ ...none, name: 'unit', timeoutMs: 2 * MINUTE, globs: ['test/{unit,property,contract,vectors}/**/*.test.ts'] },
		{
			...none,
			name: 'conformance',
			prepare: [{ name: 'conformance programs', command: ['node', 'test/conformance/main.ts', 'install'] }],
			globs: ['test/conformance/**/*.test.ts'],
		},
		{ ...none, name: 'chart', prepare: [launcher('build')], globs: ['test/chart/**/*.test.ts'], isParallel: false },
		{ ...none, name: 'api', prepare: [launcher('build'), program('argocd')], globs: ['test/api/**/*.test.ts'], isParallel: false },
		{
			...none,
			name: 'cluster',
			prepare: isOwnCluster ? [...['up', 'image', 'load'].map(launcher), program('traefik', 'prometheus-operator')] : [],
			globs: ['test/cluster/tests/**/*.test.ts'],
			isParallel: false,
			timeoutMs: 20 * MINUTE,
			finish: isOwnCluster && env.CI === 'true' ? [launcher('down')] : [],
		},
	];
}
