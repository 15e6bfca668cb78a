/** What a proxy in front of the pods is told of their own limits, so that it neither refuses what they take nor waits for what they give up. */

/** The largest body of a call that the pods take, in bytes. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** How long the pods let a call be silent. */
export const STALL_SECONDS = 60;
