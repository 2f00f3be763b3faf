/**
 * One timer for many deadlines.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Calls back at the earliest of the times that it was set to. */
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
    const ms = Math.max(0, Math.ceil(at - this.#clock.now()));
    const cancel = this.#clock.after(ms, () => {
      this.#set = undefined;
      this.#callback();
    });
    this.#set = { cancel, at };
  }

  /** Sets it to go off no more. */
  clear(): void {
    this.#set?.cancel();
    this.#set = undefined;
  }
}
