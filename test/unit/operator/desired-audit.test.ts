/** What the audit sink of a spec makes of the pods. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildVaultConfig } from '../../../operator/desired/config-map.ts';
import { desired } from '../../../operator/desired/index.ts';
import { vaultConfigSchema } from '../../../vault/config.ts';
import { inputs, vault } from './builders.ts';

const build = (spec: Record<string, unknown> = {}) => desired(vault(spec), inputs());
const statefulSet = (spec: Record<string, unknown> = {}) => Object(build(spec).find(({ kind }) => kind === 'StatefulSet'));

describe('audit records on a volume', () => {
	const audit = { sink: 'Volume', volume: { size: '10Gi', storageClassName: 'fast' } };
	const { spec } = statefulSet({ audit });

	it('[OPR-63] are a claim of each pod, mounted writable where the configuration says', () => {
		assert.deepEqual(spec.volumeClaimTemplates, [
			{
				apiVersion: 'v1',
				kind: 'PersistentVolumeClaim',
				metadata: { name: 'audit' },
				spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } }, storageClassName: 'fast' },
			},
		]);
		const { volumeMounts } = spec.template.spec.containers[0];
		const mount = volumeMounts.find(({ name }: { name: string }) => name === 'audit');
		assert.deepEqual(mount, { name: 'audit', mountPath: '/var/lib/runevault/audit' });
		const config = buildVaultConfig(vault({ audit }), inputs());
		assert.deepEqual(vaultConfigSchema.parse(config).audit, { directory: mount.mountPath });
		// Whom the volume belongs to, so that a user who is not root may write to it.
		assert.equal(spec.template.spec.securityContext.fsGroup, 65532);
	});

	it('[OPR-63] of the default class when none is named', () => {
		const [claim] = statefulSet({ audit: { sink: 'Volume', volume: { size: '1Gi' } } }).spec.volumeClaimTemplates;
		assert.ok(!('storageClassName' in claim.spec));
	});

	it('[OPR-63] on standard output change nothing: no claim, no mount, no configuration', () => {
		const objects = build();
		assert.deepEqual(objects, build({ audit: { sink: 'Stdout' } }));
		assert.ok(!JSON.stringify(objects).includes('audit'));
		assert.ok(!('volumeClaimTemplates' in statefulSet().spec));
	});
});
