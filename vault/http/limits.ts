/** The limits of the public listener that no configuration changes. vault.md gives the reasons. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Requests served at one time; with the cap above it bounds the memory that bodies can take. */
export const MAX_INFLIGHT = 64;
export const MAX_NESTING = 32;

/** Of one listener and its connections. */
export const connectionLimits = {
	headersTimeoutMs: 10_000,
	requestTimeoutMs: 30_000,
	keepAliveTimeoutMs: 75_000,
	/** How long neither side may send anything during a call: an answer of megabytes that nobody reads is not kept for ever. */
	stallTimeoutMs: 60_000,
	maxRequestsPerSocket: 1000,
	maxConnections: 512,
	/** How often slow connections are looked for. */
	checkIntervalMs: 1000,
};
