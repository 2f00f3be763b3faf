/**
 * Time as the peer's parts take it: passed in, so that a test moves it.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../discovery/clock.ts";

export { type Clock, SYSTEM_CLOCK };

/**
 * Waits.
 *
 * @param ms How long, in milliseconds.
 * @throws Whatever the signal was aborted with.
 *
 * @example
 * ```ts
 * import { delay } from "./clock.ts";
 *
 * await delay(1, { signal: AbortSignal.timeout(1_000) });
 * ```
 */
export function delay(
  ms: number,
  { clock = SYSTEM_CLOCK, signal }: {
    clock?: Clock;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal!.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
