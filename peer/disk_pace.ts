/**
 * Whether the disk is quick enough to wait for it on the spot.
 *
 * Most of what is read lies in memory already, and most of what is written goes
 * there first. To do that at once costs a third less than to have another
 * thread do it, and a disk that is slow is waited for a small part of the time.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** What takes longer than this was not done in memory, in milliseconds. */
const SLOW_MS = 4;

/** How many times as long as that took nobody waits on the spot then. */
const REST = 32;

/** Keeps how quick the disk is, for all who go through it. */
export class DiskPace {
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
    return this.isSlow ? file.read(target) : this.readNow(file, target);
  }

  /** Reads on the spot. */
  readNow(file: Deno.FsFile, target: Uint8Array): number | null {
    const start = this.#clock.now();
    const count = file.readSync(target);
    this.#note(start);
    return count;
  }

  /** Writes on the spot where the disk is quick, else on another thread. */
  write(file: Deno.FsFile, bytes: Uint8Array): number | Promise<number> {
    if (this.isSlow) return file.write(bytes);
    const start = this.#clock.now();
    const count = file.writeSync(bytes);
    this.#note(start);
    return count;
  }

  #note(start: number): void {
    const end = this.#clock.now();
    const took = end - start;
    const isSlow = took > SLOW_MS;
    // Once may be another process that had the processor: twice is the disk.
    if (isSlow && this.#wasSlow) this.#slowUntil = end + REST * took;
    this.#wasSlow = isSlow;
  }
}
