/**
 * The authority of one vault: it signs the certificate of the pods' internal port, that of the public port with `tls.type: SelfSigned`, and
 * the one that the operator shows to the pods. What is next follows from the certificates' own dates, so nothing else is remembered. Pure.
 *
 * | what is there | step |
 * |---|---|
 * | nothing, or a key that is not its certificate's | make |
 * | two thirds of the signer's life are over, and there is no next one | stage: trusted from now on, signing later |
 * | a next one that was trusted for `OVERLAP_MS`, or a signer that has expired | switch: the former one stays trusted until it expires |
 * | a client certificate that is old or the former signer's | client |
 * | a former signer that has expired | drop |
 */
import { OPERATOR_COMMON_NAME } from '../../crds/tls.ts';
import {
	type CertificateFacts,
	type CertificateRequest,
	expiryOf,
	factsOf,
	type Issue,
	IssueError,
	isSignedBy,
	type KeyPair,
	renewalOf,
	splitBundle,
} from './certificate.ts';

export type Authority = {
	signer: KeyPair;
	/** Trusted already, and to sign when everybody has had time to learn of it. */
	next?: KeyPair;
	/** Certificates of those that signed before and have not expired. */
	formers: readonly string[];
	/** What the operator shows to the pods. */
	client: KeyPair;
};

/** What the next step depends on. */
export type AuthorityFacts = {
	signer: CertificateFacts;
	next: CertificateFacts | undefined;
	firstFormerEnds: number;
	client: CertificateFacts;
	isClientOfSigner: boolean;
};

export type AuthorityStep = 'keep' | 'make' | 'stage' | 'switch' | 'client' | 'drop';

const DAY_MS = 86_400_000;
const AUTHORITY_LIFE_MS = 3650 * DAY_MS;
export const LEAF_LIFE_MS = 90 * DAY_MS;
/** How long clients have to fetch the next authority before it signs. */
const OVERLAP_MS = 30 * DAY_MS;
/** Clocks differ: what is made now counts from a little before. */
const SKEW_MS = 3_600_000;

/** All that is trusted, as one PEM; the signer first. */
export const bundleOf = ({ signer, next, formers }: Authority): string =>
	[signer.cert, ...(next === undefined ? [] : [next.cert]), ...formers].join('');

/** From the texts of the Secret. @returns undefined when it is not whole, or a key is not its certificate's */
export function parseAuthority(data: Readonly<Record<string, string | undefined>>): Authority | undefined {
	const [signerCert = '', ...others] = splitBundle(data['ca.crt'] ?? '');
	const signer = { cert: signerCert, key: data['ca.key'] ?? '' };
	const client = { cert: data['client.crt'] ?? '', key: data['client.key'] ?? '' };
	const nextKey = data['next.key'];
	const next = nextKey === undefined ? undefined : { cert: others.shift() ?? '', key: nextKey };
	const pairs = [signer, client, ...(next === undefined ? [] : [next])];
	if (pairs.some(pair => factsOf(pair) === undefined)) return undefined;
	return { signer, client, formers: others, ...(next === undefined ? {} : { next }) };
}

/** The texts of the Secret. */
export const authorityData = (authority: Authority): Record<string, string> => ({
	'ca.crt': bundleOf(authority),
	'ca.key': authority.signer.key,
	...(authority.next === undefined ? {} : { 'next.key': authority.next.key }),
	'client.crt': authority.client.cert,
	'client.key': authority.client.key,
});

export function authorityFacts(authority: Authority): AuthorityFacts | undefined {
	const [signer, client] = [factsOf(authority.signer), factsOf(authority.client)];
	if (signer === undefined || client === undefined) return undefined;
	return {
		signer,
		next: authority.next && factsOf(authority.next),
		firstFormerEnds: Math.min(Number.POSITIVE_INFINITY, ...authority.formers.map(expiryOf)),
		client,
		isClientOfSigner: isSignedBy(authority.client.cert, authority.signer.cert),
	};
}

export function authorityStep(facts: AuthorityFacts | undefined, now: number): AuthorityStep {
	if (facts === undefined) return 'make';
	const { signer, next, client } = facts;
	const isOver = now >= signer.notAfter;
	if (next !== undefined && (isOver || now >= next.notBefore + SKEW_MS + OVERLAP_MS)) return 'switch';
	if (isOver) return 'make';
	if (next === undefined && now >= renewalOf(signer)) return 'stage';
	if (!facts.isClientOfSigner || now >= renewalOf(client)) return 'client';
	return now >= facts.firstFormerEnds ? 'drop' : 'keep';
}

/** One step further. @param vault its name, for the subjects */
export async function advance(
	authority: Authority | undefined,
	step: Exclude<AuthorityStep, 'keep'>,
	{ vault, now, issue }: { vault: string; now: number; issue: Issue },
): Promise<Authority> {
	const root = request(`RuneVault ${vault}`, 'authority', now, AUTHORITY_LIFE_MS);
	const client = request(OPERATOR_COMMON_NAME, 'client', now, LEAF_LIFE_MS);
	if (authority === undefined || step === 'make') {
		const [signer, shown] = await issueAll(issue, [root, { ...client, signer: 0 }]);
		return { signer, client: shown, formers: [] };
	}
	switch (step) {
		case 'stage': {
			const [next] = await issueAll(issue, [root]);
			return { ...authority, next };
		}
		case 'switch': {
			const { next = authority.signer, signer, ...others } = authority;
			return { ...others, signer: next, formers: [signer.cert, ...authority.formers] };
		}
		case 'client': {
			const [shown] = await issueAll(issue, [{ ...client, signer: authority.signer }]);
			return { ...authority, client: shown };
		}
		case 'drop':
			return { ...authority, formers: authority.formers.filter(cert => now < expiryOf(cert)) };
	}
}

/** What to ask for, valid from now on. */
export const request = (
	commonName: string,
	usage: CertificateRequest['usage'],
	now: number,
	lifeMs: number,
	names: readonly string[] = [],
): CertificateRequest => ({ commonName, usage, names, notBefore: now - SKEW_MS, notAfter: now + lifeMs });

/** As many pairs as requests. @throws IssueError */
export async function issueAll<const R extends readonly CertificateRequest[]>(
	issue: Issue,
	requests: R,
): Promise<{ [K in keyof R]: KeyPair }> {
	const made = await issue(requests);
	if (made.length !== requests.length) throw new IssueError('not every certificate was made');
	return made as { [K in keyof R]: KeyPair };
}
