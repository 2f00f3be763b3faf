/**
 * Time, passed in so that a test moves it.
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
