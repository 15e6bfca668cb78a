/** Objects for tests, with modifiers. */
import type { KubeObject } from '../../../kube/resources.ts';

export type Modifier = (object: KubeObject) => KubeObject;

/** A ConfigMap `rune/<name>` at a version; its uid follows from its name. */
export function configMap(name: string, version: number, ...modifiers: Modifier[]): KubeObject {
	const plain: KubeObject = {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: { name, namespace: 'rune', uid: `uid-of-${name}`, resourceVersion: String(version) },
	};
	return modifiers.reduce((object, modify) => modify(object), plain);
}

export function withUid(uid: string): Modifier {
	return object => ({ ...object, metadata: { ...object.metadata, uid } });
}

export function withLabel(name: string, value: string): Modifier {
	return object => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [name]: value } } });
}

export function bookmark(version: number, isEndOfList = false): KubeObject {
	const annotations = isEndOfList ? { 'k8s.io/initial-events-end': 'true' } : {};
	return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '', resourceVersion: String(version), annotations } };
}
