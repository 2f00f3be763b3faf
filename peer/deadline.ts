/**
 * A deadline that is moved often and seldom missed.
 *
 * @module
 */

import { Alarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";

/**
 * Calls back when it is not moved or lifted in time. Moving it costs no timer:
 * the one that runs looks again when it goes off.
 */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #onMissed: () => void;
  #dueAt = Infinity;

  /**
   * @param clock What it goes by.
   * @param onMissed Is called once for each deadline that is missed.
   */
  constructor(clock: Clock, onMissed: () => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
    this.#alarm = new Alarm(clock, () => this.#look());
  }

  /** Sets the deadline to `ms` milliseconds from now, in place of any other. */
  set(ms: number): void {
    this.#dueAt = this.#clock.now() + ms;
    this.#alarm.setAt(this.#dueAt);
  }

  /** Milliseconds until it is missed. */
  get leftMs(): number {
    return this.#dueAt - this.#clock.now();
  }

  /** Lifts the deadline. */
  lift(): void {
    this.#dueAt = Infinity;
  }

  /** Lifts it and stops its timer; it may be set again. */
  [Symbol.dispose](): void {
    this.lift();
    this.#alarm.clear();
  }

  #look(): void {
    if (this.#dueAt > this.#clock.now()) {
      this.#alarm.setAt(this.#dueAt);
      return;
    }
    this.lift();
    this.#onMissed();
  }
}
