import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { COMMANDS, SHELLS } from '../../../../client/kubectl/commands.ts';
import { SCRIPTS } from '../../../../client/kubectl/completion/scripts.ts';
import { aPod, aStatus, aToken, aVault } from './builders.ts';
import { kubectl, type World } from './fake-cluster.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', '..', 'client', 'kubectl', 'main.ts');

describe('kubectl runevault __complete', () => {
	const world: World = {
		vaults: [aVault({ status: aStatus({ tokens: [aToken(), aToken({ name: 'ci' })] }) }), aVault({}, { name: 'beta', namespace: 'tools' })],
		pods: [aPod('acme-0'), aPod('acme-1')],
		others: ({ url }) => (/\/namespaces\?/.test(url) ? [200, { metadata: {}, items: [{ metadata: { name: 'rune' } }] }] : undefined),
	};
	const offered = async (line: string, given = world) => {
		const { code, out } = await kubectl(['__complete', ...line.split(' ')], given);
		assert.equal(code, 0);
		const lines = out.trimEnd().split('\n');
		return { words: lines.slice(0, -1).map(each => each.split('\t')[0]), directive: lines.at(-1) };
	};

	for (const [line, words, directive = ':4'] of [
		['', Object.keys(COMMANDS)],
		['pro', ['promote']],
		['-n tools pro', ['promote']],
		['status ', ['acme']],
		['status -n tools ', ['beta']],
		['status --namespace=tools ', ['beta']],
		['status acme ', []],
		['status --w', ['--watch']],
		['status -o ', ['json']],
		['status -n ', ['rune']],
		['rotate ', ['token']],
		['rotate token acme ', ['team', 'ci']],
		['promote acme ', ['acme-0', 'acme-1']],
		['promote --timeout 5s acme acme-', ['acme-0', 'acme-1']],
		['explain acme RotationO', ['RotationOverdue']],
		['explain RotationO', ['RotationOverdue']],
		['connect acme --client c', ['claude', 'codex']],
		['completion ', SHELLS],
		['plan -f ', [], ':0'],
		['audit verify one.jsonl ', [], ':0'],
		['frobnicate ', []],
	] as const) {
		it(`[CLI-48] "${line}" may go on with ${words.join(', ') || (directive === ':0' ? 'a file' : 'nothing')}`, async () => {
			assert.deepEqual(await offered(line), { words, directive });
		});
	}

	it('[CLI-48] offers nothing, and fails not, where the cluster cannot be asked', async () => {
		const away: World = { others: () => [403, {}] };
		assert.deepEqual(await offered('status ', away), { words: [], directive: ':4' });
	});
});

describe('kubectl runevault completion', () => {
	let folder: string;
	let env: NodeJS.ProcessEnv;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'runevault-completion-'));
		await symlink(MAIN, join(folder, 'kubectl-runevault'));
		env = { PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter), HOME: folder };
	});
	after(() => rm(folder, { recursive: true, force: true }));

	const has = (program: string) => spawnSync(program, ['--version']).error === undefined;
	const shell = (program: string, args: string[]) => {
		const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
		assert.deepEqual([status, stderr], [0, '']);
		return stdout.trim().split('\n');
	};

	it('[CLI-48] prints the script of each shell, and refuses others', async () => {
		for (const name of SHELLS) assert.equal((await kubectl(['completion', name], {})).out, SCRIPTS[name]);
		const { code, err } = await kubectl(['completion', 'tcsh'], {});
		assert.deepEqual([code, err], [2, 'kubectl runevault: completion: SHELL must be one of bash, zsh, fish, kubectl\n']);
	});

	it('[CLI-48] bash completes words, and files where files may stand', async () => {
		await writeFile(join(folder, 'script.bash'), SCRIPTS.bash);
		const complete = (words: string) =>
			shell('bash', [
				'-c',
				`cd '${folder}'; . ./script.bash; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _kubectl_runevault; printf '%s\\n' "\${COMPREPLY[@]}"`,
			]);
		assert.deepEqual(complete("kubectl-runevault ''"), Object.keys(COMMANDS));
		assert.deepEqual(complete('kubectl-runevault connect acme --client cl'), ['claude']);
		assert.deepEqual(complete('kubectl-runevault plan -f scr'), ['script.bash']);
	});

	it('[CLI-48] zsh takes the script', { skip: !has('zsh') && 'there is no zsh here' }, async () => {
		await writeFile(join(folder, 'script.zsh'), SCRIPTS.zsh);
		const fakes = 'compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print files; }';
		const complete = (words: string) =>
			shell('zsh', ['-f', '-c', `${fakes}; . '${folder}/script.zsh'; words=(${words}); CURRENT=$#words; _kubectl_runevault || true`]);
		assert.deepEqual(complete("kubectl-runevault ''"), Object.keys(COMMANDS));
		assert.deepEqual(complete('kubectl-runevault connect acme --client cl'), ['claude']);
		assert.equal(complete('kubectl-runevault plan -f scr').at(-1), 'files');
	});

	it('[CLI-48] fish completes words, and files where files may stand', { skip: !has('fish') && 'there is no fish here' }, async () => {
		await writeFile(join(folder, 'script.fish'), SCRIPTS.fish);
		const complete = (line: string) =>
			shell('fish', ['--no-config', '-c', `cd '${folder}'; source script.fish; complete --do-complete '${line}'`]).map(
				each => each.split('\t')[0],
			);
		assert.deepEqual(complete('kubectl-runevault ').sort(), Object.keys(COMMANDS).sort());
		assert.deepEqual(complete('kubectl-runevault connect acme --client cl'), ['claude']);
		assert.ok(complete('kubectl-runevault plan -f scr').includes('script.fish'));
	});
});
