/**
 * The public listener on one screen. Each step either refuses (and the answer goes back up through audit) or lets the call on:
 *
 *     observe → (trace) → audit → guard → health → authenticate → key files → read body → admit → MCP
 *
 * Audit stands near the outside because its record must be written after the work and before the answer, which koa sends only when
 * every middleware has returned. The token is checked before the body is read, so that only members can make us hold eight megabytes.
 */
import Koa, { type Middleware } from 'koa';
import type { Call } from '../call.ts';
import type { Vault } from '../vault.ts';
import { admit } from './admit.ts';
import { audit } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { readBody } from './body.ts';
import { guard } from './guard.ts';
import { answerHealth } from './health.ts';
import { serveKeyFiles } from './key-files.ts';
import { type Offer, serveMcp, vaultOffer } from './mcp.ts';
import { observe } from './observe.ts';
import { traceCalls } from './trace.ts';

export type CallState = { call: Call };
export type PublicMiddleware = Middleware<CallState>;

/** @param offer what is offered over MCP, the Vault's own tools unless a test of the protocol offers something else */
export function createPublicApp(vault: Vault, offer: Offer = vaultOffer): Koa<CallState> {
	const app = new Koa<CallState>();
	// What is thrown inside is answered by `observe`; here end the connections that broke off, which are no fault of ours.
	app.on('error', error => vault.log.debug({ err: error }, 'connection broken'));
	app.use(observe(vault));
	if (vault.tracing !== undefined) app.use(traceCalls(vault.tracing, vault));
	app.use(audit(vault));
	app.use(guard(vault));
	app.use(answerHealth(vault));
	app.use(authenticate(vault));
	app.use(serveKeyFiles(vault));
	app.use(readBody());
	app.use(admit(vault));
	app.use(serveMcp(vault, offer));
	return app;
}
