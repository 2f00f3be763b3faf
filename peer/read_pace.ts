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
  #wasSlow = false;

  /** Goes by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the disk was slow a moment ago. */
  get isSlow(): boolean {
    return this.#clock.now() < this.#slowUntil;
  }

  /** Reads on the spot where the disk is quick, else on another thread. */
  read(
    file: Deno.FsFile,
    target: Uint8Array,
  ): number | null | Promise<number | null> {
    if (this.isSlow) return file.read(target);
    return this.readNow(file, target);
  }

  /** Reads on the spot. */
  readNow(file: Deno.FsFile, target: Uint8Array): number | null {
    const start = this.#clock.now();
    const count = file.readSync(target);
    const end = this.#clock.now();
    const isSlow = end - start > SLOW_MS;
    // Once may be another process that had the processor: twice is the disk.
    if (isSlow && this.#wasSlow) this.#slowUntil = end + REST_MS;
    this.#wasSlow = isSlow;
    return count;
  }
}
