/**
 * The heartbeats of a session: every third of its lease, and through times in
 * which the index does not answer.
 *
 * @module
 */

import { type Clock, delay } from "./clock.ts";

/** The shortest time between heartbeats, whatever lease is granted. */
const SHORTEST_BEAT_MS = 1_000;

/** How long an index that does not answer is left alone, at first and at most. */
const FIRST_REST_MS = 2_000;
const LONGEST_REST_MS = 60_000;

/** What a heart needs. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Ends the heartbeats. */
  readonly signal: AbortSignal;
  /** The lease that was granted last, in seconds. */
  readonly lease: () => number;
  /** Renews the leases. */
  readonly renew: () => Promise<void>;
  /** Told when renewing fails for the first time in a row. */
  readonly onLost: (error: unknown) => void;
  /** Told when it works again. */
  readonly onBack: () => void;
}

/** Renews the leases until the signal is aborted. It never throws. */
export async function heartbeat(options: HeartbeatOptions): Promise<void> {
  const { clock, signal, lease, renew, onLost, onBack } = options;
  for (let misses = 0;;) {
    const wait = beatDelay(lease(), misses);
    try {
      await delay(wait, { clock, signal });
      await renew();
      if (misses > 0) onBack();
      misses = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (misses++ === 0) onLost(error);
    }
  }
}

/**
 * How long to wait before the next heartbeat.
 *
 * @param lease In seconds.
 * @param misses How many in a row were not answered, each of which was repeated
 * for a while already.
 * @returns Milliseconds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { beatDelay } from "./heartbeat.ts";
 *
 * assertEquals(beatDelay(300, 0), 100_000);
 * assertEquals([1, 2, 3, 9].map((misses) => beatDelay(300, misses)), [
 *   2_000, 4_000, 8_000, 60_000,
 * ]);
 * ```
 */
export function beatDelay(lease: number, misses: number): number {
  const beat = Math.max(lease * 1_000 / 3, SHORTEST_BEAT_MS);
  if (misses === 0) return beat;
  const rest = Math.min(FIRST_REST_MS * 2 ** (misses - 1), LONGEST_REST_MS);
  return Math.min(beat, rest);
}
