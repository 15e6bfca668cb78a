/** What the flags of a pod let it touch, beside what is mounted into it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { desired } from '../../../operator/desired/index.ts';
import * as build from './builders.ts';

type Container = {
	args: string[];
	volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
	terminationMessagePath?: string;
};

const extra = { extraVolumes: [{ name: 'extra', emptyDir: {} }], extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }] };
const full = {
	audit: { sink: 'Volume', volume: { size: '1Gi' } },
	keys: { import: { secretName: 'old' }, kek: { type: 'File', file: { volume: { csi: { driver: 'd' } }, path: 'kek' } } },
	podTemplate: extra,
};

function containerOf(kind: string, spec: Record<string, unknown>): Container {
	const objects = desired(build.vault(spec), build.inputs({ isKeygenWanted: true, isImportWanted: true }));
	return Object(objects.find(object => object.kind === kind)).spec.template.spec.containers[0];
}
const allowed = ({ args }: Container, what: string) =>
	args.filter(arg => arg.startsWith(`--allow-fs-${what}=`)).map(arg => arg.slice(arg.indexOf('=') + 1));

describe('the flags of Node', () => {
	for (const kind of ['StatefulSet', 'Job']) {
		for (const [what, spec] of Object.entries({ 'the least': {}, everything: full })) {
			it(`[OPR-100] of a ${kind} with ${what} cover its mounts and grant no others`, () => {
				const container = containerOf(kind, spec);
				const reads = allowed(container, 'read');
				const mounts = container.volumeMounts.filter(({ name }) => name !== 'tmp' && name !== 'extra');
				for (const { mountPath } of mounts)
					assert.ok(
						reads.some(path => `${mountPath}/`.startsWith(path)),
						mountPath,
					);
				const others = ['/app/', '/proc/self/', '/var/run/secrets/kubernetes.io/serviceaccount/', '/vault_keys/', '/dev/termination-log'];
				const unmounted = reads.filter(path => !mounts.some(({ mountPath }) => `${mountPath}/`.startsWith(path)));
				assert.deepEqual(
					unmounted.filter(path => !others.includes(path)),
					[],
				);
				const writable = mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => `${mountPath}/`);
				assert.deepEqual(allowed(container, 'write'), kind === 'Job' ? [container.terminationMessagePath] : writable);
				assert.equal(container.args[0], '--permission');
				assert.ok(!container.args.some(arg => /^--allow-(?!fs-)/.test(arg)));
			});
		}
	}
});
