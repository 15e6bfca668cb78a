/** What the tracing of a spec makes of the pods. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runeVaultSpecSchema } from '../../../crds/runevault.ts';
import { buildVaultConfig } from '../../../operator/desired/config-map.ts';
import { vaultConfigSchema } from '../../../vault/config.ts';
import { inputs, vault } from './builders.ts';

describe('spec.tracing', () => {
	it('[OTL-8] is in the configuration of the pods, every call by default, and nothing when left out', () => {
		const config = buildVaultConfig(vault({ tracing: { endpoint: 'http://collector.observability:4318' } }), inputs());
		assert.deepEqual(vaultConfigSchema.parse(config).tracing, { endpoint: 'http://collector.observability:4318', samplingRatio: '1' });
		assert.ok(!('tracing' in buildVaultConfig(vault(), inputs())));
	});

	const issues = (tracing: unknown) =>
		runeVaultSpecSchema.safeParse({ team: 'acme', tracing }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

	it('[OTL-8] takes URLs without user and query, and ratios from 0 to 1', () => {
		for (const endpoint of ['http://c:4318', 'https://otel.example.com/base/', 'http://[fd00::1]:4318', 'http://10.0.0.7:4318']) {
			assert.equal(issues({ endpoint, samplingRatio: '0.25' }), undefined, endpoint);
		}
		for (const endpoint of ['c:4318', 'grpc://c:4317', 'http://user:word@c', 'http://c/?key=1', 'http://c#x', 'http://', 'http://c d']) {
			assert.match(String(issues({ endpoint })), /^tracing\.endpoint: must be an http or https URL/, endpoint);
		}
		for (const samplingRatio of ['2', '1.1', '-0.1', '.5', '10%', '']) {
			assert.match(String(issues({ endpoint: 'http://c', samplingRatio })), /^tracing\.samplingRatio: must be/, samplingRatio);
		}
		assert.match(String(issues({ samplingRatio: '1' })), /^tracing\.endpoint: /);
	});
});
