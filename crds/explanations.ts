/**
 * What each condition, each of its reasons, each event and each change of primary means, and what to do about it: the source of
 * `kubectl runevault explain` and of the tables in docs/reference.md. `<name>` stands for the name of the RuneVault.
 */
import type { ConditionType, Reason } from './conditions.ts';
import { BACKUP_CURRENT } from './explanations-backup.ts';

/** `todo`: absent where there is nothing to do. */
export type Explanation = { means: string; todo?: string };

type Condition<T extends ConditionType> = { asks: string; reasons: { [R in Reason<T>]: Explanation } };

const SPEC_INVALID: Explanation = {
	means: 'The spec breaks a rule, so nothing is known of this.',
	todo: 'See Accepted, whose message names the field.',
};
const KEYS_MISSING: Explanation = {
	means: 'The Secret with the key, or with what opens it, was there and is gone. The operator never makes a second key.',
	todo: 'Restore Secret <name>-keys-1, or <name>-kek, from your copy. Pods that run still hold the key and go on serving: do not delete them.',
};
const KEYGEN_FAILED: Explanation = {
	means: 'The Job that makes or adopts the key failed; it is tried again every other minute at the most.',
	todo: 'The message says why where you can mend it; else kubectl logs job/<name>-keygen does.',
};
const FINGERPRINT_MISMATCH: Explanation = {
	means: 'There is a key, and it is not the one recorded in status.keys.fingerprint. Answers of it would be noise.',
	todo: 'Restore the Secret <name>-keys-1 that has the recorded fingerprint, and look who replaced it.',
};
const WRONG_ANSWER: Explanation = {
	means: 'A pod decrypted a canary to something else than what is known to be in it: its memory or its processor cannot be trusted.',
	todo: 'Delete the pod that the message names; when it comes back as bad, cordon its node.',
};
const APPLY_FAILED: Explanation = {
	means: 'The API server refuses an object that the operator wants to write.',
	todo: 'The message names the object and the reason: a right the operator lacks, a quota, or an admission policy of the cluster.',
};
const NAME_TAKEN: Explanation = {
	means: 'An object of a name the operator needs belongs to somebody else, and is left alone.',
	todo: 'Remove or rename the object that the message names, or make the RuneVault under another name.',
};
const PAUSED: Explanation = {
	means:
		'The annotation runevault.io/paused stops the operator: nothing is written or put back. The pods serve and fail over among themselves.',
	todo: 'kubectl runevault resume <name>, when that is over.',
};

export const CONDITIONS: { [T in ConditionType]: Condition<T> } = {
	Ready: {
		asks: 'Does the Vault serve as the spec asks? The summary of the others; kubectl wait can wait for it.',
		reasons: {
			Serving: { means: 'Clients reach the primary, and it answers.' },
			SpecInvalid: { means: 'The spec is not valid. What ran before keeps running.', todo: 'See Accepted, whose message names the field.' },
			RefsMissing: { means: 'Something that the spec names is not there.', todo: 'See ResolvedRefs, whose message names it.' },
			NotProgrammed: { means: 'Not every owned object could be written.', todo: 'See Programmed, whose message names it.' },
			KeysNotLoaded: { means: 'No pod has proved that it decrypts with the recorded key.', todo: 'See KeysLoaded for why.' },
			PrimaryNotAvailable: { means: 'Clients reach nobody who answers.', todo: 'See PrimaryAvailable for why.' },
		},
	},
	Accepted: {
		asks: 'Is the spec valid?',
		reasons: {
			Valid: { means: 'The spec is valid.' },
			Invalid: {
				means: 'The spec breaks a rule that the schema cannot express, or came in before the rule did. What ran before keeps running.',
				todo: 'Correct the field that the message names; kubectl runevault plan checks a file before it is applied.',
			},
		},
	},
	ResolvedRefs: {
		asks: 'Does everything that the spec names exist?',
		reasons: {
			Resolved: { means: 'Everything that the spec names exists.' },
			SecretNotFound: {
				means:
					'The Secret that the message names, by its field, is not there. With spec.keys.import.secretName no key is made until it is.',
				todo: 'Make the Secret in the namespace of the RuneVault; it is seen within 15 s.',
			},
			IssuerNotFound: {
				means: 'spec.tls asks cert-manager for a certificate of an issuer that is not there.',
				todo: 'Make the issuer that the message names; it is seen within a minute.',
			},
			CertManagerNotFound: {
				means: 'spec.tls asks cert-manager for a certificate, and the cluster knows no cert-manager.',
				todo: 'Install cert-manager, or choose another spec.tls.type; it is seen within a minute.',
			},
			IngressClassNotFound: {
				means: 'The cluster has no IngressClass of the name in spec.ingress.className.',
				todo: 'kubectl get ingressclass lists those there are.',
			},
			KindNotFound: {
				means: 'spec.ingress asks for an object of a kind that the cluster does not know: of the Gateway API, or of Traefik.',
				todo: 'Install the CRDs of that kind, or choose another spec.ingress.type or preset; it is seen within a minute.',
			},
			SpecInvalid: SPEC_INVALID,
		},
	},
	Programmed: {
		asks: 'Is every owned object as it should be?',
		reasons: {
			Applied: { means: 'Every owned object is applied.' },
			ApplyFailed: APPLY_FAILED,
			NameTaken: NAME_TAKEN,
			WaitingForKeys: { means: 'The pods are made once there is a key.', todo: 'Wait; KeysLoaded says how far the key is.' },
			SpecInvalid: SPEC_INVALID,
			Paused: PAUSED,
		},
	},
	KeysLoaded: {
		asks: 'Do the pods decrypt with the recorded key? Each ready pod has to prove it on a fresh ciphertext.',
		reasons: {
			Proved: { means: 'Ready pods decrypted a fresh challenge with the recorded key.' },
			NotProved: {
				means: 'No ready pod has decrypted a canary yet.',
				todo: 'Wait for a pod to be ready; if none is, its log has one line that says why (docs/troubleshooting.md).',
			},
			KeysMissing: KEYS_MISSING,
			Generating: {
				means: 'The key is being made, or adopted; it takes a few seconds.',
				todo: 'Wait. If the message speaks of an import, make the Secret it names.',
			},
			KeygenFailed: KEYGEN_FAILED,
			FingerprintMismatch: FINGERPRINT_MISMATCH,
			NameTaken: NAME_TAKEN,
			WrongAnswer: WRONG_ANSWER,
		},
	},
	PrimaryAvailable: {
		asks: 'Do clients reach a pod that answers?',
		reasons: {
			Serving: { means: 'The primary is routed to and answers.' },
			NoPrimary: {
				means: 'No pod holds the Lease <name>-primary, so clients reach nobody.',
				todo: 'kubectl get pods -l runevault.io/vault=<name>: a pod takes the Lease as soon as one is ready. A Lease outlives a lost holder by 15 s at the most.',
			},
			NotRouted: {
				means: 'A pod holds the Lease, and the route of the Service does not lead to it yet.',
				todo: 'Wait a second. If it stays, the pod cannot write the EndpointSlice <name>-primary: its log says why.',
			},
			NotProved: { means: 'A pod holds the Lease and has not answered the operator yet.', todo: 'Wait a few seconds.' },
			Down: {
				means: 'A pod holds the Lease and does not answer. With a standby that is ready another takes over within seconds.',
				todo: 'If it stays, see StandbyReady, and whether failover is paused (kubectl runevault status).',
			},
		},
	},
	StandbyReady: {
		asks: 'Could another pod take over now?',
		reasons: {
			Standing: { means: 'At least one standby is ready.' },
			SingleReplica: {
				means: 'There is one replica, as the spec says, so nothing could take over.',
				todo: 'Raise spec.replicas to survive the loss of a pod.',
			},
			NoStandby: {
				means: 'There should be standbys and none is ready: the loss of the primary would be an outage.',
				todo: 'kubectl get pods -l runevault.io/vault=<name>, and kubectl describe of one that is not ready.',
			},
		},
	},
	TokensCurrent: {
		asks: 'Does every ready pod know the newest tokens, and no other?',
		reasons: {
			Adopted: { means: 'Every ready pod knows the newest tokens and no other.' },
			AdoptionPending: {
				means: 'A token is being made or rotated, and not every pod knows it yet.',
				todo: 'Wait a second or two. A pod that stays behind is named in the message, and holds a rotation up for 30 s at the most.',
			},
			RotationOverdue: {
				means: 'rotateEvery is over since more than a minute and the token was not rotated.',
				todo: 'See Programmed: the operator is paused, or may not write the Secret.',
			},
			NotProved: { means: 'Not every pod has said yet which tokens it knows.', todo: 'Wait a few seconds.' },
			SpecInvalid: SPEC_INVALID,
		},
	},
	Protected: {
		asks: 'Is the key safe from those who hold a token?',
		reasons: {
			AllOn: { means: 'Results are signed, guard rows checked, scores carry noise, and less than half of the bits of the key are spent.' },
			TokenLocked: {
				means: 'Results with damaged guard rows came with a token, which no honest search sends; it is locked on every pod.',
				todo: 'Find out who holds the token, then rotate it, or kubectl runevault unlock <name> with its name.',
			},
			BudgetSpent: {
				means: 'As many bits of the key may have been given away as spec.protection.releasedBits allows.',
				todo: 'Make a new key. With onLimit: Refuse no call is answered any more; with Alert each answer gives more away.',
			},
			BudgetNearlySpent: {
				means: 'More than 80 % of the bits of the key are spent; the message says how many days are left.',
				todo: 'Make a new key soon.',
			},
			BudgetHalfSpent: {
				means: 'More than half of the bits of the key are spent; the message says how many days are left.',
				todo: 'Plan for a new key.',
			},
			NoGuardRows: {
				means: 'Guard rows are not checked, so whoever makes up results learns the key.',
				todo: 'Have the search service keep guard rows, and set spec.protection.guardRows.',
			},
			UnsignedResults: {
				means: 'Results need not be signed, so whoever holds a token may make them up.',
				todo: 'Set spec.protection.provenance to Required, with the public keys of the search service.',
			},
			NoSmudge: { means: 'Scores carry no noise, so each answer tells of the key.', todo: 'Set spec.protection.smudge.' },
			SpecInvalid: SPEC_INVALID,
		},
	},
	BackupCurrent: {
		asks: 'Is there an archive, proved and young enough, to bring the key back from?',
		reasons: { ...BACKUP_CURRENT, SpecInvalid: SPEC_INVALID },
	},
	Progressing: {
		asks: 'Is something under way? False is the state of rest.',
		reasons: {
			Complete: { means: 'Nothing is under way.' },
			Creating: { means: 'Pods are being made.' },
			GeneratingKeys: { means: 'The key is being made, or adopted.' },
			FailingOver: { means: 'Another pod takes the place of the primary; the message says why.' },
			RollingOut: { means: 'Pods are replaced by ones of the current template, standbys first, one at a time.' },
			RotatingTokens: { means: 'A token is being rotated.' },
			Restoring: { means: 'A RuneVaultRestore is under way; until it ends nothing else of this vault is written.' },
			Paused: PAUSED,
			FailoverPaused: {
				means: 'The annotation runevault.io/paused keeps the operator from appointing another primary; everything else goes on.',
				todo: 'kubectl runevault resume <name>, when that is over.',
			},
		},
	},
	Degraded: {
		asks: 'Is something wrong that does not mend itself? False is the good state.',
		reasons: {
			Healthy: { means: 'Nothing is known to be wrong.' },
			KeysMissing: KEYS_MISSING,
			KeygenFailed: KEYGEN_FAILED,
			FingerprintMismatch: FINGERPRINT_MISMATCH,
			WrongAnswer: WRONG_ANSWER,
			ApplyFailed: APPLY_FAILED,
			NameTaken: NAME_TAKEN,
			PodsNotReady: {
				means: 'Pods are not ready since more than a minute, or do not answer.',
				todo: 'kubectl describe the pods that the message names, and read their logs: one line says why a Vault does not start.',
			},
		},
	},
};
