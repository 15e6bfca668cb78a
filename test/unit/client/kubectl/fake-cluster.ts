/** The few calls of the plug-in, answered by a local HTTP server from a list of RuneVaults, pods and events. */
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Forward } from '../../../../client/kubectl/connect/forward.ts';
import type { Event } from '../../../../client/kubectl/events.ts';
import { run } from '../../../../client/kubectl/run.ts';
import type { Screen } from '../../../../client/kubectl/session.ts';
import type { Pod } from '../../../../client/kubectl/vaults.ts';
import type { RuneVault } from '../../../../crds/runevault.ts';
import { type Clock, systemClock } from '../../../../kube/clock.ts';
import { staticConfig } from '../../../../kube/config.ts';
import type { KubeObject } from '../../../../kube/resources.ts';
import { json, type Received, status, withStub } from '../../kube/api-stub.ts';
import { NOW } from './builders.ts';

export type World = {
	vaults?: RuneVault[];
	/** 'forbidden': the user may not list them. */
	pods?: Pod[] | 'forbidden';
	/** 'forbidden': the user may not list them. */
	events?: Event[] | 'forbidden';
	/** The data of ConfigMap `<name>-ledger`, by name of the RuneVault. */
	ledgers?: Record<string, Record<string, string>>;
	/** Backups and restores by kind's plural, as they are at first. */
	operations?: Operations;
	/** The status of one that was asked for, at its n-th reading, from 1. */
	onOperation?: (count: number) => object;
	/** What a patch of a RuneVault or its status is answered with; the RuneVault as it was, unless told. */
	onPatch?: (vault: RuneVault) => readonly [code: number, body: unknown];
	/** A port of this machine that leads to the public port of a pod. */
	forward?: Forward;
	/** Answers what no other field is for. */
	others?: (request: Received) => readonly [code: number, body: unknown] | undefined;
	/** What a RuneVault is at its n-th reading, from 1. */
	onRead?: (vault: RuneVault, count: number) => RuneVault;
};

type Operations = Partial<Record<'runevaultbackups' | 'runevaultrestores', KubeObject[]>>;

export type Result = { code: number; out: string; err: string; received: Received[] };

/** Runs the plug-in against this world; waits pass at once. */
export async function kubectl(argv: string[], world: World): Promise<Result> {
	let result: Result | undefined;
	let reads = 0;
	const operations = fakeOperations(world);
	const answer = (request: Received, response: ServerResponse) => {
		if (request.method === 'GET' && /\/runevaults\/[^/?]+$/.test(request.url)) reads += 1;
		json(response, ...(operations(request) ?? replyTo(world, request, reads)));
	};
	await withStub(answer, async ({ server, received }) => {
		let out = '';
		let err = '';
		const code = await run(argv, {
			findCluster: async () => staticConfig(server, { headers: {}, tls: {} }, 'rune'),
			clock: hastyClock(),
			read: file => createReadStream(file),
			stdout: text => {
				out += text;
			},
			stderr: text => {
				err += text;
			},
			screen: quietScreen,
			forward: world.forward ?? noForward,
		});
		result = { code, out, err, received };
	});
	if (result === undefined) throw new Error('the plug-in did not run');
	return result;
}

/** No terminal, and nobody who presses Ctrl-C. */
export const quietScreen: Screen = { isTerminal: false, interrupted: () => new AbortController().signal };

export const noForward: Forward = () => Promise.reject(new Error('nothing is to be forwarded here'));

/** Sleeping takes no time but moves the clock. */
function hastyClock(): Clock {
	let now = 0;
	const sleep = async (ms: number) => {
		now += ms;
	};
	return { ...systemClock, now: () => now, wall: () => NOW, sleep };
}

type Reply = readonly [code: number, body: unknown];
type Placed = { metadata: { namespace?: string } };

const listOf = (items: readonly Placed[], namespace: string | undefined): Reply => [
	200,
	{ metadata: {}, items: items.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace) },
];

/** Those that are there, and those that are made. Undefined for another kind. */
function fakeOperations({ operations = {}, onOperation }: World): (request: Received) => Reply | undefined {
	const made: KubeObject[] = [];
	let reads = 0;
	return ({ method, url, body }) => {
		const [, namespace, plural, name] = /\/namespaces\/([^/]+)\/(runevaultbackups|runevaultrestores)(?:\/([^/?]+))?/.exec(url) ?? [];
		if (plural !== 'runevaultbackups' && plural !== 'runevaultrestores') return undefined;
		if (method === 'POST') {
			made.push(JSON.parse(body));
			return [201, JSON.parse(body)];
		}
		const there = operations[plural] ?? [];
		if (name === undefined) return listOf(there, namespace);
		const old = there.find(({ metadata }) => metadata.name === name);
		if (old !== undefined) return [200, old];
		const fresh = made.find(({ metadata }) => metadata.name === name);
		reads += 1;
		return fresh === undefined ? [404, status(404, 'NotFound')] : [200, { ...fresh, status: onOperation?.(reads) }];
	};
}

/** @param reads how often RuneVaults have been read by name, this time included. */
function replyTo(world: World, request: Received, reads: number): Reply {
	const { vaults = [], pods = [], events = [], ledgers = {}, onRead, onPatch, others } = world;
	const other = others?.(request);
	if (other !== undefined) return other;
	const { pathname } = new URL(request.url, 'http://api');
	const [, namespace, plural, name] =
		/(?:\/namespaces\/([^/]+))?\/(runevaults|pods|events|configmaps)(?:\/([^/]+)(?:\/status)?)?$/.exec(pathname) ?? [];
	if (plural === 'pods') return pods === 'forbidden' ? [403, status(403, 'Forbidden')] : listOf(pods, namespace);
	if (plural === 'events') return events === 'forbidden' ? [403, status(403, 'Forbidden')] : listOf(events, namespace);
	if (plural === 'configmaps') {
		const data = ledgers[name?.replace(/-ledger$/, '') ?? ''];
		return data === undefined ? [404, status(404, 'NotFound')] : [200, { metadata: { name, namespace }, data }];
	}
	if (plural !== 'runevaults') return [500, status(500, `Unexpected ${request.method} ${request.url}`)];
	if (name === undefined) return listOf(vaults, namespace);
	const vault = vaults.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
	if (vault === undefined) return [404, status(404, 'NotFound')];
	if (request.method === 'GET') return [200, onRead?.(vault, reads) ?? vault];
	return onPatch?.(vault) ?? [200, vault];
}
