/**
 * Keeps the two Secrets with certificates as they should be: made when missing, renewed in time, put back when somebody has changed them.
 *
 * As with tokens, the Secrets are the truth. They are read when nothing is known of them yet and before anything is made, since a cache that
 * lags must not cost an authority. What is remembered of them is what probes need, and no key of an authority.
 */
import { get } from '../../kube/objects.ts';
import { resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { serverNames } from '../desired/certificate-names.ts';
import { buildAuthoritySecret, buildServerSecret, withoutKeys } from '../desired/certificate-secrets.ts';
import type { CheckedVault } from '../desired/inputs.ts';
import { namesOf } from '../desired/names.ts';
import type { WriteProblem } from '../observe/findings.ts';
import { claim } from '../observe/owned.ts';
import { type Applier, contentDigest, type Ref, type Written } from '../reconcile/apply.ts';
import type { Note } from '../reconcile/notes.ts';
import * as authorities from './authority.ts';
import { type CertificateFacts, factsOf, type Issue, isSignedBy, type KeyPair, renewalOf } from './certificate.ts';

/** What the operator shows to the pods of a vault, and whom it believes. All PEM. */
export type Credentials = KeyPair & { ca: string };

type KnownAuthority = { digest: string; facts: authorities.AuthorityFacts | undefined; credentials: Credentials };
type KnownServer = { digest: string; facts: CertificateFacts; isOfSigner: boolean; ca: string };

export type KeeperOptions = { transport: Transport; applier: Applier; issue: Issue; version: string; clusterDomain: string };

export type Kept = {
	credentials: Credentials | undefined;
	/** What tells one set of mounted files from another. */
	mounted: string | undefined;
	problem: WriteProblem | undefined;
};

/** Refused, or to be tried again when one of a RuneVault that is gone has gone too. */
type Unwritten = WriteProblem | 'waiting';

const NOTHING = { credentials: undefined, mounted: undefined };

type Task = { now: number; note: (note: Note) => void };
type Owner = { name: string; namespace: string; uid: string };

/** Of which each leads to another state; more would be a fault of ours. */
const MOST_STEPS = 8;

const STEPS = {
	make: 'The authority of the certificates was made',
	stage: 'The next authority of the certificates is trusted from now on, and signs in 30 days',
	switch: 'The next authority of the certificates signs from now on',
} as const;

export class CertificateKeeper {
	readonly #options: KeeperOptions;
	readonly #authorities = new Map<string, KnownAuthority>();
	readonly #servers = new Map<string, KnownServer>();

	constructor(options: KeeperOptions) {
		this.#options = options;
	}

	forget(key: string): void {
		this.#authorities.delete(key);
		this.#servers.delete(key);
	}

	/** What the Secret holds, however the spec is; undefined when there is none of this vault's. */
	async credentials(owner: Owner): Promise<Credentials | undefined> {
		const known = this.#authorities.get(keyOf(owner));
		if (known !== undefined && this.#options.applier.isCurrent(authorityRef(owner), known.digest)) return known.credentials;
		const authority = await this.#readAuthority(owner);
		return authority && credentialsOf(authority);
	}

	/** Makes both Secrets as they should be. @throws KubeError, Error when trying again may help */
	async ensure(vault: CheckedVault, task: Task): Promise<Kept> {
		const authority = await this.#ensureAuthority(vault, task);
		if (!isKnown(authority)) return { ...NOTHING, problem: problemOf(authority) };
		const server = await this.#ensureServer(vault, authority, task);
		const { credentials } = authority;
		return isKnown(server)
			? { credentials, mounted: server.digest, problem: undefined }
			: { ...NOTHING, credentials, problem: problemOf(server) };
	}

	async #ensureAuthority(vault: CheckedVault, { now, note }: Task): Promise<KnownAuthority | Unwritten> {
		const { applier, version, issue } = this.#options;
		const known = this.#authorities.get(keyOf(vault));
		const isCurrent = known !== undefined && applier.isCurrent(authorityRef(vault), known.digest);
		if (known !== undefined && isCurrent && authorities.authorityStep(known.facts, now) === 'keep') return known;

		const taken: (keyof typeof STEPS)[] = [];
		let authority = await this.#readAuthority(vault);
		for (let steps = 0; steps < MOST_STEPS; steps++) {
			const facts = authority && authorities.authorityFacts(authority);
			const step = authorities.authorityStep(facts, now);
			if (authority !== undefined && step === 'keep') {
				const object = buildAuthoritySecret(vault, { version }, authorities.authorityData(authority));
				const next = { digest: contentDigest(withoutKeys(object)), facts, credentials: credentialsOf(authority) };
				const written = await applier.apply(vault, object, next.digest);
				if (isUnwritten(written)) return written;
				this.#authorities.set(keyOf(vault), next);
				for (const each of taken) note({ type: 'Normal', reason: 'AuthorityChanged', action: 'Issue', message: `${STEPS[each]}.` });
				return next;
			}
			const due = step === 'keep' ? 'make' : step;
			authority = await authorities.advance(authority, due, { vault: vault.name, now, issue });
			if (due === 'make' || due === 'stage' || due === 'switch') taken.push(due);
		}
		throw new Error('the authority does not become as it should be');
	}

	async #ensureServer(vault: CheckedVault, { credentials }: KnownAuthority, { now, note }: Task): Promise<KnownServer | Unwritten> {
		const { applier, clusterDomain, issue } = this.#options;
		const { ca } = credentials;
		const names = serverNames(vault, clusterDomain);
		const isGood = ({ facts, isOfSigner }: Pick<KnownServer, 'facts' | 'isOfSigner'>) =>
			isOfSigner && new Set(names).symmetricDifference(new Set(facts.names)).size === 0 && now < renewalOf(facts);
		const known = this.#servers.get(keyOf(vault));
		const ref = serverRef(vault);
		if (known !== undefined && known.ca === ca && applier.isCurrent(ref, known.digest) && isGood(known)) return known;

		const live = await this.#read(vault, ref);
		const pair = { cert: live?.['tls.crt'] ?? '', key: live?.['tls.key'] ?? '' };
		const facts = factsOf(pair);
		if (facts !== undefined && isGood({ facts, isOfSigner: isSignedBy(pair.cert, ca) })) return this.#writeServer(vault, pair, facts, ca);

		const signer = (await this.#readAuthority(vault))?.signer;
		if (signer === undefined || !ca.startsWith(signer.cert)) throw new Error('the authority was changed meanwhile');
		const [fresh] = await authorities.issueAll(issue, [
			{ ...authorities.request(vault.name, 'server', now, authorities.LEAF_LIFE_MS, names), signer },
		]);
		const made = factsOf(fresh);
		if (made === undefined) throw new Error('the certificate that was made has another key');
		const written = await this.#writeServer(vault, fresh, made, ca);
		const until = new Date(made.notAfter).toISOString();
		if (isKnown(written))
			note({
				type: 'Normal',
				reason: 'CertificateIssued',
				action: 'Issue',
				message: `A certificate was issued that is valid until ${until}.`,
			});
		return written;
	}

	async #writeServer(vault: CheckedVault, pair: KeyPair, facts: CertificateFacts, ca: string): Promise<KnownServer | Unwritten> {
		const { applier, version } = this.#options;
		const object = buildServerSecret(vault, { version }, { 'tls.crt': pair.cert, 'tls.key': pair.key, 'ca.crt': ca });
		const next = { digest: contentDigest(withoutKeys(object)), facts, isOfSigner: isSignedBy(pair.cert, ca), ca };
		const written = await applier.apply(vault, object, next.digest);
		if (isUnwritten(written)) return written;
		this.#servers.set(keyOf(vault), next);
		return next;
	}

	async #readAuthority(owner: Owner): Promise<authorities.Authority | undefined> {
		const texts = await this.#read(owner, authorityRef(owner));
		return texts && authorities.parseAuthority(texts);
	}

	/** The texts of a Secret, if it is this vault's. */
	async #read(owner: Owner, { namespace, name }: Ref): Promise<Record<string, string> | undefined> {
		const secret = await get(this.#options.transport, resources.secrets, { namespace, name });
		if (secret === undefined || claim(secret, owner) !== 'ours') return undefined;
		const entries = Object.entries(Object(secret.data)).map(([key, text]) => [key, Buffer.from(String(text), 'base64').toString()]);
		return Object.fromEntries(entries);
	}
}

const keyOf = ({ namespace, name }: Owner): string => `${namespace}/${name}`;
const authorityRef = ({ namespace, name }: Owner): Ref => ({ kind: 'Secret', namespace, name: namesOf(name).authority });
const serverRef = ({ namespace, name }: Owner): Ref => ({ kind: 'Secret', namespace, name: namesOf(name).serverSecret });
const credentialsOf = (authority: authorities.Authority): Credentials => ({ ...authority.client, ca: authorities.bundleOf(authority) });

const isUnwritten = (written: Written): written is Unwritten => typeof written === 'object' || written === 'waiting';
const isKnown = <K extends object>(made: K | Unwritten): made is K => typeof made === 'object' && 'digest' in made;
const problemOf = (unwritten: Unwritten): WriteProblem | undefined => (unwritten === 'waiting' ? undefined : unwritten);
