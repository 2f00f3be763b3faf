/**
 * Time as the peer's parts take it: passed in, so that a test moves it.
 *
 * @module
 */

/** A clock and the timers that go by it. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /**
   * Calls back once, `ms` milliseconds from now.
   *
   * @returns What cancels it: harmless once it has called back.
   */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's own clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

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
