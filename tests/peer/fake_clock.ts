/**
 * A clock that a test moves.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../../peer/clock.ts";

/** Timers that go off when the test says so. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves the time on, and lets everything happen that is due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await idle();
    for (let timer; (timer = this.#next(end));) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.callback();
      await idle();
    }
    this.#now = end;
  }

  /** Moves the time on until a promise is settled, an hour at most. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watch = promise.then(() => settled = true, () => settled = true);
    const limit = this.#now + 3_600_000;
    await idle();
    while (!settled) {
      const next = this.#next(limit);
      if (!next) {
        throw new Error("Nothing happens any more, and it still waits");
      }
      await this.advance(Math.max(0, next.at - this.#now));
    }
    await watch;
    return promise;
  }

  #next(end: number): { at: number; callback: () => void } | undefined {
    let next;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** Lets all promises that can be settled be settled. */
export function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
