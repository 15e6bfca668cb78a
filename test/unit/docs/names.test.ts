/**
 * Names in the documents: conditions, reasons, events and values of fields, all of which the generated reference has, and metrics, which
 * the source has.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONDITION_TYPES, REASONS } from '../../../crds/conditions.ts';
import { filesOf, type Page, parsePage, readPages, readText } from './pages.ts';

const isRecord = ({ file }: Page) => /^(?:CHANGELOG|CONTRIBUTING|docs\/decisions)\.md$/.test(file);
const pages = (await readPages()).filter(page => !isRecord(page));

/** Words of others that look like names of ours. */
const FOREIGN = [
	...['Host', 'Authorization', 'PodMonitor', 'HTTPRoute', 'BackendTLSPolicy', 'ServersTransport', 'LoadBalancer', 'PriorityClass'],
	...['NamespaceDeletionContentFailure', 'WaitForFirstConsumer', 'FailedScheduling'],
	...['AccessDenied', 'NoSuchBucket', 'SignatureDoesNotMatch'],
];

const reference = pages.find(({ file }) => file === 'docs/reference.md');
const crds = await Promise.all((await filesOf('crds/*.yaml')).map(readText));
const kinds = crds.flatMap(crd => /^ {4}kind: (\w+)$/m.exec(crd)?.[1] ?? []);
const known = new Set([...FOREIGN, ...kinds, ...(reference?.codes.map(({ text }) => text) ?? [])]);

const source = (await Promise.all((await filesOf('{vault,operator,kube}/**/*.ts')).map(readText))).join('\n');
const quoted = new Set([...source.matchAll(/'((?:vault|runevault)_[a-z_]+)'/g)].map(([, name]) => name));

const isCondition = (type: string | undefined): type is keyof typeof REASONS => CONDITION_TYPES.some(each => each === type);

/** What is wrong with a piece of code in running text, if it looks like a name of ours. */
function fault(code: string): string | undefined {
	const metric = /^((?:vault|runevault)_[a-z_]+?)(?:_(?:bucket|sum|count))?(?:\{.*\})?$/.exec(code)?.[1];
	if (metric !== undefined) return quoted.has(metric) ? undefined : `no metric ${metric}`;
	const state = /^([A-Z]\w+)=(?:True|False|Unknown)(?: (\w+))?$/.exec(code);
	if (state === null) return /^(?:[A-Z][a-z]+){2,}$/.test(code) && !known.has(code) ? `no name ${code}` : undefined;
	const [, type = '', reason] = state;
	if (!isCondition(type)) return known.has(type) ? undefined : `no condition ${type}`;
	return reason === undefined || REASONS[type].some(each => each === reason) ? undefined : `no reason ${reason} of ${type}`;
}

const faults = ({ codes }: Page) => codes.map(({ text }) => fault(text)).filter(each => each !== undefined);

/** In tables whose first column is a condition and whose second are its reasons: reasons it does not have. */
function strayReasons(text: string): string[] {
	const rows = [...text.matchAll(/^\| `([A-Z]\w+)=\w+`[^|]*\| ([^|]*)\|/gm)];
	return rows.flatMap(([, type, cell = '']) => {
		if (!isCondition(type)) return [];
		const reasons = [...cell.matchAll(/`(\w+)`/g)].map(([, reason = '']) => reason);
		return reasons.filter(reason => !REASONS[type].some(each => each === reason)).map(reason => `${type} ${reason}`);
	});
}

describe('names', () => {
	for (const page of pages) {
		it(`[DOC-5] in ${page.file} are names of something`, async () => {
			assert.deepEqual(faults(page), []);
			assert.deepEqual(strayReasons(await readText(page.file)), []);
		});
	}

	it('[DOC-5] of nothing are found', () => {
		const text = [
			'`StandbyReady` `StandbyRedy` `vault_ready` `vault_redy` `runevault_failover_seconds_bucket{cause="x"}` `SelfSigned`',
			'`Degraded=True` `Protected=Maybe` `Degredad=True` `KeysLoaded=False KeysMissing` `KeysLoaded=False NoStandby`',
		].join('\n');
		assert.deepEqual(faults(parsePage('docs/try.md', text)), [
			'no name StandbyRedy',
			'no metric vault_redy',
			'no condition Degredad',
			'no reason NoStandby of KeysLoaded',
		]);
		assert.deepEqual(strayReasons('| `Degraded=True` | `KeysMissing`, `Down` | x |'), ['Degraded Down']);
	});
});
