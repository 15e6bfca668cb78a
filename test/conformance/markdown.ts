/** A report as `docs/conformance.md` and as tables for the terminal. Pure. */
import { renderTable } from '../cluster/table.ts';
import { type Step, steps } from './clients/program.ts';
import type { Expectation, Lane, Verdict } from './judge.ts';
import type { Report } from './report.ts';
import { alsoHeld, revisions } from './suite.ts';

const laneNames: Record<Lane, string> = { shipped: 'the Vault as it ships', fixtures: 'the same app with fixtures' };
const laneHeadings = ['server', 'revision', 'scenarios', 'pass', 'fail with a reason', 'fail without', 'checks that succeed'];
const laneCells = ({ lane, revision, scenarios, passed, explained, succeeded }: Verdict): string[] => [
	laneNames[lane],
	revision,
	...[scenarios, passed, explained, scenarios - passed - explained, succeeded].map(String),
];

const stepNames: Record<Step, string> = {
	list: '`tools/list`',
	'public key': '`get_public_key`',
	decrypt: '`decrypt_scores`',
	'bad token': 'bad token',
	top_k: '`top_k` 11',
	rate: 'rate exceeded',
};

const clientCells = ({ versions }: Report, { client, revision, problems }: Report['rows'][number]): string[] => [
	client,
	versions[client] ?? '',
	revision,
	...steps.map(step => (problems.some(problem => isAbout(problem, step)) ? 'no' : 'yes')),
];

/** A problem of no step is one of all. */
const isAbout = (problem: string, step: Step): boolean =>
	problem.startsWith(`${step}:`) || !steps.some(each => problem.startsWith(`${each}:`));

/** Both tables, for the terminal. */
export function tables(report: Report): string {
	return [
		renderTable(laneHeadings, report.verdicts.map(laneCells)),
		renderTable(
			['client', 'version', 'revision', ...steps],
			report.rows.map(row => clientCells(report, row)),
		),
	].join('\n\n');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (headings: readonly string[], rows: readonly string[][]): string =>
	[row(headings), row(headings.map(() => '---')), ...rows.map(row)].join('\n');

const reasons = (expectations: readonly Expectation[]): string =>
	expectations
		.flatMap(({ reason, checks }) => [
			`- ${reason}`,
			...revisions.flatMap(revision => {
				const listed = checks[revision] ?? [];
				return listed.length === 0 ? [] : [`  - ${revision}: ${listed.map(check => `\`${shorter(check)}\``).join(', ')}`];
			}),
		])
		.join('\n');

/** A check that has its scenario's name is named once. */
function shorter(check: string): string {
	const [scenario = '', id] = check.split(':');
	return scenario === id ? scenario : check;
}

export function markdown(report: Report, expected: Readonly<Record<Lane, readonly Expectation[]>>): string {
	const inBoth = expected.shipped.filter(each => expected.fixtures.includes(each));
	const beyond = [...new Set(revisions.flatMap(revision => alsoHeld[revision]))].map(name => `\`${name}\``).join(' and ');
	return `<!-- written by make conformance -->

# MCP conformance

Who speaks MCP with a Vault, and how that is known. \`make conformance\` runs all of it and writes this page; \`make test\` runs it too and fails
when it finds something else than what is written here.

## The conformance suite

\`@modelcontextprotocol/conformance\` ${report.versions['@modelcontextprotocol/conformance']}, with the scenarios that each revision of the protocol requires of a server, and of
those that the suite does not require yet ${beyond}. The suite is made for libraries: most of its scenarios
call tools, prompts and resources of a reference server. So it runs twice. Against **the Vault as it ships**, a \`vault dev\` process, what fails is listed below with its reason, check by check; a check that fails without being listed fails the
run, and so does one that is listed and passes. Against **the same app with fixtures** (listener, limits, authentication, transport, with what the
reference server offers in place of the Vault's tools) everything passes that needs no stream from server to client.

${table(laneHeadings, report.verdicts.map(laneCells))}

A warning of the suite counts as a failure here, and so does a scenario in which nothing could be tried.

### What fails on either, and why

${reasons(inBoth)}

### What fails against the Vault as it ships alone, and why

${reasons(expected.shipped.filter(each => !inBoth.includes(each)))}

### What fails with fixtures alone, and why

${reasons(expected.fixtures.filter(each => !inBoth.includes(each)))}

## Clients

Each client runs as a process of its own against \`vault dev\`, in each revision it speaks; the revision is the one seen on the wire. *yes* says: the
four tools are listed in order; the key arrives whole; a result that was encrypted by the vendor's library decrypts to the ten rows that a
plain search finds, with their scores; what the client shows of a bad token says that it is unauthorized; what it shows of \`top_k\` 11 says that ten is the most;
what it shows of an exceeded rate says so, and when to try again.

${table(
	['client', 'version', 'revision', ...steps.map(step => stepNames[step])],
	report.rows.map(each => clientCells(report, each)),
)}

\`mcp\` and \`fastmcp\` are Python packages, the others come from npm.
`;
}
