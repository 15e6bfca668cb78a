/** For tests that measure memory: what is left after a collection is what is held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Runs a full collection of the JavaScript heap, at once. WASM memory is not collected: its handles are freed by hand. */
export const collectGarbage: () => void = runInNewContext('gc');
