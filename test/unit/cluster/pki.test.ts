import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificates, renderRequest } from '../../cluster/pki.ts';
import { planNodes } from '../../cluster/plan.ts';

const find = (file: string) => {
	const certificate = certificates(planNodes(2)).find(each => each.file === file);
	assert.ok(certificate, file);
	return certificate;
};

describe('certificates', () => {
	it('[CLU-32] make each node a node and nothing more', () => {
		assert.deepEqual(find('node2'), {
			file: 'node2',
			subject: { CN: 'system:node:node2', O: 'system:nodes' },
			names: ['DNS:node2', 'IP:10.89.0.12'],
		});
	});

	it('[CLU-32] make administrators of the admin and of the API server toward kubelets, and of nobody else', () => {
		const administrators = certificates(planNodes(3)).filter(each => each.subject.O === 'system:masters');
		assert.deepEqual(
			administrators.map(each => each.file),
			['apiserver-kubelet-client', 'admin'],
		);
	});

	it('name the API server as pods, nodes and this machine call it', () => {
		for (const name of ['DNS:kubernetes.default.svc', 'DNS:localhost', 'IP:127.0.0.1', 'IP:10.89.0.1', 'IP:10.91.0.1']) {
			assert.ok(find('apiserver').names.includes(name), name);
		}
	});
});

describe('a certificate request', () => {
	it('asks for server and client use with its names', () => {
		const text = renderRequest(find('node1'));
		assert.match(text, /^CN = system:node:node1\nO = system:nodes$/m);
		assert.match(text, /^extendedKeyUsage = serverAuth, clientAuth$/m);
		assert.match(text, /^subjectAltName = DNS:node1, IP:10\.89\.0\.11$/m);
		assert.match(text, /^basicConstraints = critical, CA:FALSE$/m);
	});

	it('asks for client use alone without names', () => {
		const text = renderRequest(find('scheduler'));
		assert.match(text, /^extendedKeyUsage = clientAuth$/m);
		assert.doesNotMatch(text, /subjectAltName/);
	});

	it('asks for an authority when it is nobody', () => assert.match(renderRequest(undefined), /^basicConstraints = critical, CA:TRUE$/m));
});
