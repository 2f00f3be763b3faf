/**
 * One timer for many deadlines.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Only where the whole process stood still is an alarm so late, in milliseconds. */
const LATE_MS = 1_000;

/** How long what came meanwhile is heard then, in milliseconds. */
const HEARING_MS = 250;

/**
 * Calls back at the earliest of the times that it was set to. Where the process
 * stood still past that time, as it does in a machine that sleeps, what came
 * meanwhile is heard first: nobody is given up who has answered.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #set: { cancel: () => void; at: number } | undefined;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Sets it to go off at `at`, in the clock's milliseconds, or earlier. */
  setAt(at: number): void {
    if (at === Infinity || (this.#set && this.#set.at <= at)) return;
    this.#set?.cancel();
    const now = this.#clock.now();
    const due = Math.max(now, at);
    this.#after(Math.ceil(due - now), at, () => {
      const isLate = this.#clock.now() - due > LATE_MS;
      if (isLate) this.#after(HEARING_MS, at, this.#callback);
      else this.#callback();
    });
  }

  /** Sets it to go off no more. */
  clear(): void {
    this.#set?.cancel();
    this.#set = undefined;
  }

  #after(ms: number, at: number, then: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#set = undefined;
      then();
    });
    this.#set = { cancel, at };
  }
}
