/** What changes over the life of a Vault process. One object, written by `serve` and `dev`, read by health, probe and metrics. */
import type { Verifiers } from './auth/verifiers.ts';
import type { Certificate } from './http/certificate.ts';
import type { Keyring } from './keys/keyring.ts';

export type RoleView = { role: 'primary' | 'standby'; epoch: number };

export type VaultState = {
	keyring?: Keyring;
	verifiers?: Verifiers;
	/** Read when asked for; a standby of epoch 0 until there is one. */
	role?: () => RoleView;
	/** Of the listeners that have one. */
	certificates: { public?: Certificate; internal?: Certificate };
	/** True from the first stop signal on: not ready any more. */
	isDraining: boolean;
	/** True when clients that connect anew are led elsewhere by now: each answer ends its connection. */
	isClosing: boolean;
	/** As the audit log tells: whether records cannot be written. */
	isAuditBroken: boolean;
};

export function newState(): VaultState {
	return { certificates: {}, isDraining: false, isClosing: false, isAuditBroken: false };
}

export function roleOf(state: VaultState): RoleView {
	return state.role?.() ?? { role: 'standby', epoch: 0 };
}

/** Ready to answer calls: keys loaded, records can be written, and not on the way out. */
export function isReady(state: VaultState): boolean {
	return state.keyring !== undefined && !state.isDraining && !state.isAuditBroken;
}
