/**
 * The internal listener: `/metrics`, `/livez`, `/readyz`, `/probe`, for Prometheus, the kubelet and the operator. It listens before the
 * keys are loaded, so that a slow start is not taken for a hang. It is never in the Ingress, so it checks no Host.
 *
 * With TLS, `/probe` answers the operator alone, which shows a certificate of its own. The kubelet has none to show, and Prometheus gets by
 * without one: who may reach the port is the NetworkPolicy's to say.
 */
import { TLSSocket } from 'node:tls';
import Koa, { type Middleware } from 'koa';
import { OPERATOR_COMMON_NAME } from '../../crds/tls.ts';
import { isReady } from '../state.ts';
import type { Vault } from '../vault.ts';
import { createLagMeter } from './lag.ts';
import { answerProbe } from './probe.ts';

const MAX_LAG_MS = 2000;

export function createInternalApp(vault: Vault): Koa {
	const { state, metrics, log } = vault;
	const lag = createLagMeter();
	const app = new Koa();
	app.on('error', error => log.error({ err: error }, 'internal request failed'));
	app.use(async (ctx, next) => {
		// Koa's reading of other targets may throw.
		if (ctx.url.startsWith('/')) return next();
		ctx.status = 400;
	});
	app.use(async (ctx, next) => {
		if (ctx.method === 'GET' || ctx.method === 'HEAD') return next();
		ctx.status = 405;
		ctx.set('Allow', 'GET, HEAD');
	});
	app.use(async (ctx, next) => {
		switch (ctx.path) {
			case '/livez': {
				const isAlive = lag.worstMs() < MAX_LAG_MS;
				ctx.status = isAlive ? 200 : 503;
				ctx.body = isAlive ? 'ok' : 'the event loop was blocked';
				return;
			}
			case '/readyz':
				ctx.status = isReady(state) ? 200 : 503;
				ctx.body = isReady(state) ? 'ok' : 'not ready';
				return;
			case '/metrics':
				ctx.type = metrics.registry.contentType;
				ctx.body = await metrics.registry.metrics();
				return;
			default:
				return next();
		}
	});
	if (vault.config.tls !== undefined) app.use(admitOperator);
	app.use(answerProbe(vault));
	return app;
}

const admitOperator: Middleware = async (ctx, next) => {
	const { socket } = ctx.req;
	if (socket instanceof TLSSocket && socket.authorized && socket.getPeerCertificate().subject?.CN === OPERATOR_COMMON_NAME) return next();
	ctx.status = 403;
	ctx.body = { error: "the operator's client certificate is needed" };
};
