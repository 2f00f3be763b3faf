/**
 * The time of day as an index keeps it: it never goes back, and no correction of
 * the system's clock makes leases end early or late.
 *
 * @module
 */

/** Steps of the system's clock that are taken for time that passed. */
const MAX_STEP_MS = 250;

/** Where the time comes from. */
export interface TimeSources {
  /** Milliseconds since 1970, quick to read, which may be corrected. */
  readonly wall: () => number;
  /** Milliseconds since any moment, slower to read, which only go on. */
  readonly steady: () => number;
}

/**
 * Makes a clock of two: it goes with the wall clock by small steps, which is
 * quick, and asks the steady one whenever that makes a larger one, or goes back.
 *
 * @returns Milliseconds since 1970.
 */
export function monotonicClock(
  { wall, steady }: TimeSources = {
    wall: Date.now,
    steady: () => performance.now(),
  },
): () => number {
  const start = wall() - steady();
  let seen = wall();
  let now = seen;
  return () => {
    const step = wall() - seen;
    if (step === 0) return now;
    seen += step;
    if (step > 0 && step <= MAX_STEP_MS) now += step;
    else now = Math.max(now, start + steady());
    return now;
  };
}
