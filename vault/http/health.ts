/**
 * `GET /health`: for people and load balancers, without a token, so it says nothing that a stranger may not know.
 * Healthy = answers calls; degraded = answers calls, but something wants looking at; unhealthy (503) = does not answer calls.
 */
import { isReady, roleOf, type VaultState } from '../state.ts';
import type { Vault } from '../vault.ts';
import { version } from '../version.ts';
import type { PublicMiddleware } from './app.ts';

export type Health = {
	status: 'healthy' | 'degraded' | 'unhealthy';
	vault_version: string;
	fhe_keys_loaded: boolean;
	uptime_seconds: number;
	role: 'primary' | 'standby';
	epoch: number;
};

export function healthOf(state: VaultState, uptimeSeconds: number): Health {
	const isDegraded = state.verifiers === undefined || state.verifiers.problem() !== undefined;
	return {
		status: !isReady(state) ? 'unhealthy' : isDegraded ? 'degraded' : 'healthy',
		vault_version: version,
		fhe_keys_loaded: state.keyring !== undefined,
		uptime_seconds: Math.floor(uptimeSeconds),
		...roleOf(state),
	};
}

export function answerHealth({ state }: Vault): PublicMiddleware {
	return async (ctx, next) => {
		if (ctx.path !== '/health') return next();
		const health = healthOf(state, process.uptime());
		ctx.status = health.status === 'unhealthy' ? 503 : 200;
		ctx.body = health;
	};
}
