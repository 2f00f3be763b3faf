/**
 * Whether the disk is quick enough to wait for it on the spot.
 *
 * Most of what is served lies in memory already. To read that at once costs a
 * third less than to have another thread read it, and a disk that is slow is
 * waited for no more than once a second.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** A read that takes longer than this was not from memory, in milliseconds. */
const SLOW_MS = 2;

/** How long nobody waits on the spot after a slow read, in milliseconds. */
const REST_MS = 1_000;

/** Keeps how quick the disk is, for all who read from it. */
export class ReadPace {
  readonly #clock: Clock;
  #slowUntil = -Infinity;

  /** Goes by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reads on the spot where the disk is quick, else on another thread. */
  read(
    file: Deno.FsFile,
    target: Uint8Array,
  ): number | null | Promise<number | null> {
    const start = this.#clock.now();
    if (start < this.#slowUntil) return file.read(target);
    const count = file.readSync(target);
    const end = this.#clock.now();
    if (end - start > SLOW_MS) this.#slowUntil = end + REST_MS;
    return count;
  }
}
