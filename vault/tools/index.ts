/** The tools of a Vault, in the order in which they are listed. Built once, at start. */
import type { VaultConfig } from '../config.ts';
import { decryptMetadata } from './decrypt-metadata.ts';
import { decryptScores } from './decrypt-scores.ts';
import { bindTool, type Tool } from './define.ts';
import { getPublicKey } from './get-public-key.ts';
import { vaultStatus } from './vault-status.ts';

export type Tools = readonly Tool[];

export function createTools(config: VaultConfig, now?: () => number): Tools {
	return [bindTool(getPublicKey(config)), bindTool(decryptScores(config, now)), bindTool(decryptMetadata()), bindTool(vaultStatus(config))];
}
