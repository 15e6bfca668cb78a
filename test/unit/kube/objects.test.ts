import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { apply } from '../../../kube/apply.ts';
import { isNotFound } from '../../../kube/errors.ts';
import { create, get, list, patchMerge, remove } from '../../../kube/objects.ts';
import { resourcePath, resources } from '../../../kube/resources.ts';
import { json, refusal, status, withStub } from './api-stub.ts';
import { configMap } from './builders.ts';

const path = '/api/v1/namespaces/rune/configmaps/a';
const place = { namespace: 'rune', name: 'a' };

describe('objects', () => {
	it('[KUB-4] speak the dialects of the API', async () => {
		const answer = ({ method }: { method: string }, response: ServerResponse) =>
			json(
				response,
				method === 'DELETE' ? 404 : 200,
				method === 'DELETE' ? status(404, 'NotFound') : { ...configMap('a', 1), items: [], metadata: {} },
			);
		await withStub(answer, async ({ transport, received }) => {
			const object = { ...configMap('a', 9), metadata: { ...configMap('a', 9).metadata, managedFields: [] } };
			await create(transport, resources.configMaps, object, { fieldManager: 'm' });
			await apply(transport, resources.configMaps, object, { fieldManager: 'm', force: true, subresource: 'status' });
			await apply(transport, resources.configMaps, object, { fieldManager: 'm', resourceVersion: '5' });
			await patchMerge(transport, resources.configMaps, place, { data: null });
			assert.equal(await remove(transport, resources.configMaps, place, { uid: 'u' }), false);
			await list(transport, resources.pods, { labelSelector: 'a=b', metadataOnly: true });
			const shown = received.map(({ method, url, contentType }) => `${method} ${url} ${contentType ?? '-'}`);
			assert.deepEqual(shown, [
				'POST /api/v1/namespaces/rune/configmaps?fieldManager=m application/json',
				`PATCH ${path}/status?fieldManager=m&force=true application/apply-patch+yaml`,
				`PATCH ${path}?fieldManager=m application/apply-patch+yaml`,
				`PATCH ${path} application/merge-patch+json`,
				`DELETE ${path} application/json`,
				'GET /api/v1/pods?limit=500&labelSelector=a%3Db -',
			]);
			const [, status, versioned, , deletion] = received.map(({ body }) => (body === '' ? {} : JSON.parse(body)));
			assert.deepEqual([status.metadata.resourceVersion, status.metadata.managedFields], [undefined, undefined]);
			assert.equal(versioned.metadata.resourceVersion, '5');
			assert.deepEqual(deletion.preconditions, { uid: 'u' });
			assert.match(received[5]?.accept ?? '', /PartialObjectMetadataList/);
		});
	});

	it('[KUB-4] what is not there is undefined, what is forbidden is thrown', async () => {
		const answer = ({ url }: { url: string }, response: ServerResponse) =>
			url.endsWith('a') ? json(response, 404, status(404, 'NotFound')) : json(response, 403, status(403, 'Forbidden'));
		await withStub(answer, async ({ transport }) => {
			assert.equal(await get(transport, resources.configMaps, place), undefined);
			const error = await refusal(get(transport, resources.configMaps, { namespace: 'rune', name: 'b' }));
			assert.deepEqual([error.status, isNotFound(error)], [403, false]);
		});
	});

	it('[KUB-4] paths', () => {
		assert.equal(resourcePath(resources.leases, { namespace: 'rune', name: 'x' }), '/apis/coordination.k8s.io/v1/namespaces/rune/leases/x');
		assert.equal(resourcePath(resources.nodes, { namespace: 'ignored', name: 'n', subresource: 'status' }), '/api/v1/nodes/n/status');
		assert.equal(resourcePath(resources.pods), '/api/v1/pods');
	});
});
