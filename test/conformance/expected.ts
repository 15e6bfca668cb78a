/**
 * The checks of the suite that are expected to fail, each with the reason. One that fails and is not here fails the run, and so does one
 * that is here and does not fail.
 */
import type { Expectation, Lane } from './judge.ts';

const [LEGACY, MODERN] = ['2025-11-25', '2026-07-28'] as const;

/** Scenarios whose only failing check has their name. */
const same = (...names: string[]): string[] => names.map(name => `${name}:${name}`);

const content = same(
	'tools-call-simple-text',
	'tools-call-image',
	'tools-call-audio',
	'tools-call-embedded-resource',
	'tools-call-mixed-content',
	'tools-call-error',
);
const prompts = same(
	'prompts-list',
	'prompts-get-simple',
	'prompts-get-with-args',
	'prompts-get-embedded-resource',
	'prompts-get-with-image',
);
const resources = same('resources-list', 'resources-read-text', 'resources-read-binary', 'resources-templates-read');

/** What no answer of one JSON body can hold: holds in both lanes. */
const streams: Expectation[] = [
	{
		reason:
			'The server asks the client for something (a sampled text, an input) in the middle of a call. That needs an open stream, and a Vault answers each request with one JSON body, so that its audit record can be written before anything leaves.',
		checks: {
			[LEGACY]: [
				...same('tools-call-sampling', 'tools-call-elicitation'),
				'elicitation-sep1034-defaults:elicitation-sep1034-general',
				'elicitation-sep1330-enums:elicitation-sep1330-general',
			],
		},
	},
	{
		reason: 'The server sends notifications (progress, log lines) before the result. That needs an open stream as well.',
		checks: { [LEGACY]: same('tools-call-with-logging', 'tools-call-with-progress'), [MODERN]: same('tools-call-with-progress') },
	},
	{
		reason:
			'Several streams of one session. There is no session: any replica answers any call, so the suite finds no session id and tries nothing.',
		checks: { [LEGACY]: ['server-sse-multiple-streams:server-sse-multiple-streams-session'] },
	},
];

export const expected: Readonly<Record<Lane, readonly Expectation[]>> = {
	shipped: [
		...streams,
		{
			reason: "The scenario calls a tool of the suite's own reference server. The Vault has its four tools and no other.",
			checks: {
				[LEGACY]: [...content, 'json-schema-2020-12:json-schema-2020-12-tool-found'],
				[MODERN]: [
					...content,
					'json-schema-2020-12:json-schema-2020-12-tool-found',
					'server-stateless:sep-2575-server-rejects-undeclared-capability',
					'server-stateless:sep-2575-missing-capability-http-400',
					'server-stateless:sep-2575-http-server-no-independent-requests-on-stream',
					'server-stateless:sep-2575-server-no-log-without-loglevel',
				],
			},
		},
		{
			reason: "The scenario calls a tool of the suite's reference server that asks for input. No tool of the Vault asks back.",
			checks: {
				[MODERN]: [
					'input-required-result-basic-elicitation:sep-2322-elicitation-incomplete',
					'input-required-result-basic-sampling:sep-2322-sampling-incomplete',
					'input-required-result-basic-list-roots:sep-2322-list-roots-incomplete',
					'input-required-result-request-state:sep-2322-request-state-incomplete',
					'input-required-result-multiple-input-requests:sep-2322-multiple-inputs-incomplete',
					'input-required-result-multi-round:sep-2322-multi-round-r1',
					'input-required-result-missing-input-response:sep-2322-missing-response-rerequests',
					'input-required-result-result-type:sep-2322-result-type-included',
					'input-required-result-tampered-state:sep-2322-reject-tampered-state',
					'input-required-result-capability-check:sep-2322-respect-client-capabilities',
					'input-required-result-ignore-extra-params:sep-2322-ignore-unexpected-params',
				],
			},
		},
		{
			reason: 'A Vault has no prompts, and says so: the capability is not announced and the methods are not there.',
			checks: {
				[LEGACY]: prompts,
				[MODERN]: [
					...prompts,
					'caching:sep-2549-prompts-list-caching-hints',
					'input-required-result-non-tool-request:sep-2322-non-tool-incomplete',
				],
			},
		},
		{
			reason: 'A Vault has no resources: key files are fetched over HTTP, with digest and ranges.',
			checks: {
				[LEGACY]: [...resources, ...same('resources-subscribe', 'resources-unsubscribe')],
				[MODERN]: [
					...resources,
					'caching:sep-2549-resources-list-caching-hints',
					'caching:sep-2549-resources-templates-list-caching-hints',
					'sep-2164-resource-not-found:sep-2164-error-code',
					'sep-2164-resource-not-found:sep-2164-data-uri',
				],
			},
		},
		{
			reason: 'There is nothing to complete without prompts and resource templates.',
			checks: { [LEGACY]: same('completion-complete'), [MODERN]: same('completion-complete') },
		},
		{
			reason: "A Vault sends no log lines to its clients: the log is its operator's.",
			checks: { [LEGACY]: same('logging-set-level') },
		},
	],
	fixtures: [
		...streams,
		{
			reason:
				'The fixtures announce `resources.subscribe`, which the 2025 scenarios need; the same subscription in revision 2026-07-28 is a stream.',
			checks: {
				[MODERN]: [
					'server-stateless:sep-2575-server-sends-subscription-ack',
					'server-stateless:sep-2575-server-tags-subscription-id',
					'server-stateless:sep-2575-server-honors-notification-filter',
				],
			},
		},
	],
};
