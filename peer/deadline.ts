/**
 * A deadline that is moved often and seldom missed.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/**
 * Calls back when it is not moved or lifted in time. Moving it costs no timer:
 * the one that runs looks again when it fires.
 */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #onMissed: () => void;
  #dueAt = Infinity;
  #timer: number | undefined;
  #timerAt = Infinity;

  /**
   * @param clock What it goes by.
   * @param onMissed Is called once for each deadline that is missed.
   */
  constructor(clock: Clock, onMissed: () => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
  }

  /** Sets the deadline, in place of any other. */
  set(ms: number): void {
    this.#dueAt = this.#clock.now() + ms;
    if (this.#timer === undefined || this.#timerAt > this.#dueAt) {
      this.#start(ms);
    }
  }

  /** Lifts the deadline. */
  lift(): void {
    this.#dueAt = Infinity;
  }

  /** Lifts it and stops its timer; it may be set again. */
  [Symbol.dispose](): void {
    this.lift();
    this.#stop();
  }

  #start(ms: number): void {
    this.#stop();
    this.#timerAt = this.#clock.now() + ms;
    this.#timer = this.#clock.setTimeout(() => this.#look(), ms);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #look(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    if (this.#dueAt === Infinity) return;
    const left = this.#dueAt - this.#clock.now();
    if (left > 0) return this.#start(left);
    this.#dueAt = Infinity;
    this.#onMissed();
  }
}
