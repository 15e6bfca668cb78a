/** What events about a RuneVault say, and why a primary was replaced: the other half of `explanations.ts`. */
import type { Explanation } from './explanations.ts';
import type { FailoverReason } from './status.ts';

/** Reasons of events that are no reasons of conditions. */
export const EVENTS: Readonly<Record<string, Explanation>> = {
	AuthorityChanged: {
		means: 'The authority that signs the certificates of this Vault was made or made anew; ca.crt in the Secrets of tokens has it.',
		todo: 'Clients that keep a copy of ca.crt fetch it again.',
	},
	CertificateIssued: { means: 'A certificate of the pods was made or renewed; pods take it up without a restart.' },
	FailoverStarted: { means: 'The primary is lost or cannot be trusted, and a standby is appointed in its place; the event says why.' },
	Healed: {
		means: 'An owned object had been changed by others and is put back.',
		todo: 'Find out who changed it; the spec is the place to change it.',
	},
	KeysGoWithVault: {
		means: 'spec.keys.deletionPolicy is Delete and the annotation confirms it: the Secret is deleted when the RuneVault is.',
		todo: 'Without an archive everything stored under the key is lost then. Take the annotation out to keep the key.',
	},
	KeysStay: { means: 'The Secret stays when the RuneVault is deleted, as it no longer is to go with it.' },
	KeyRecorded: { means: 'The key was made or adopted, and its fingerprint is in the status for ever.' },
	PrimaryChanged: { means: 'Another pod became primary, and clients are routed to it.' },
	PromotionReached: { means: 'The pod that kubectl runevault promote asked for is primary.' },
	PromotionRefused: {
		means:
			'The pod that was asked for is not of this Vault, is not ready, or has not proved that it decrypts. The primary stays where it is.',
		todo: 'Ask for another pod, or wait until that one is ready.',
	},
	Pruned: { means: 'An owned object that the spec wants no more was removed.' },
	RollingOut: { means: 'A pod of an older template is replaced.' },
	SpecInvalid: { means: 'The spec is not valid. What ran before keeps running.', todo: 'Correct the field that the event names.' },
	SwitchoverStarted: {
		means: 'The primary is well, and another pod takes its place because somebody or something asked for it; the event says what.',
	},
	TokenCreated: { means: 'A token was made; it is in its Secret.' },
	TokenRotated: { means: 'A token was made anew. The event says until when the old one is accepted, if it is.' },
};

export const FAILOVERS: { [R in FailoverReason]: Explanation } = {
	PodDeleted: { means: 'The pod of the primary was deleted, as by a drain or by hand.' },
	PodNotReady: {
		means: 'The kubelet said that the container of the primary is not ready, and its probe failed too.',
		todo: 'kubectl logs --previous of the old primary.',
	},
	NoAnswer: { means: 'The primary did not answer three probes in a row, as on a node that is cut off.', todo: 'Look at its node.' },
	WrongAnswer: {
		means: 'The primary decrypted a canary wrongly, or with another key.',
		todo: 'Look at its node: memory or processor are suspect.',
	},
	Promoted: { means: 'Somebody asked for it with kubectl runevault promote.' },
	NodeCordoned: { means: 'The node of the primary was cordoned, so the primary was moved before the drain.' },
	RollingOut: { means: 'The primary was the last pod of an older template, and handed over before it was replaced.' },
	Handover: { means: 'The pods settled it among themselves: the primary released the Lease, or let it expire.' },
};
