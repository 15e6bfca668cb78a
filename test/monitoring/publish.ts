/** The dashboard as the last cluster test saw it, drawn as docs/dashboard.svg. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '../cluster/paths.ts';
import type { Answered } from './dashboard.ts';
import { renderDashboard } from './figure.ts';

const seen = JSON.parse(await readFile(join(checkout, 'build', 'reports', 'dashboard.json'), 'utf8')) as Answered;
await writeFile(join(checkout, 'docs', 'dashboard.svg'), renderDashboard(seen));
