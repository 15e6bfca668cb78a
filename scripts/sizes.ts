/** Gate: no source file is longer than 250 lines; a longer file is two things. */
import { readFile } from 'node:fs/promises';
import { run } from '../test/install/run.ts';

const MOST_LINES = 250;

const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.ts', '*.go', '*.sh']);
let tooLong = 0;
for (const file of listed.split('\n').filter(Boolean)) {
	const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return '';
		throw error;
	});
	const lines = text.split('\n').length - 1;
	if (lines <= MOST_LINES) continue;
	tooLong++;
	console.error(`${file}: ${lines} lines, ${MOST_LINES} at most`);
}
process.exitCode = tooLong > 0 ? 1 : 0;
