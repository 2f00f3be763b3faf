/**
 * A clock that a test moves.
 *
 * @module
 */

import type { Clock } from "../../peer/clock.ts";
import { idle } from "./real_work.ts";

interface Timer {
  readonly at: number;
  /** Which of those that go off at the same time was set first. */
  readonly turn: number;
  readonly callback: () => void;
  isSet: boolean;
}

/**
 * Timers that go off when the test says so, and not before files and threads
 * that are at work are done.
 */
export class FakeClock implements Clock {
  #now = 0;
  #turns = 0;
  #set = 0;
  /** A heap: each is due no later than the two below it. */
  readonly #heap: Timer[] = [];

  /** How many timers are set. */
  get timers(): number {
    return this.#set;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const at = this.#now + ms;
    const timer = { at, turn: this.#turns++, callback, isSet: true };
    this.#push(timer);
    this.#set++;
    return () => this.#unset(timer);
  }

  /** Moves the time on, and lets everything happen that is due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await idle();
    for (let timer; (timer = this.#first()) && timer.at <= end;) {
      this.#now = Math.max(this.#now, timer.at);
      this.#unset(timer);
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
      const next = this.#first();
      if (!next || next.at > limit) {
        throw new Error("Nothing happens any more, and it still waits");
      }
      await this.advance(Math.max(0, next.at - this.#now));
    }
    await watch;
    return promise;
  }

  #unset(timer: Timer): void {
    if (!timer.isSet) return;
    timer.isSet = false;
    this.#set--;
  }

  /** The timer that goes off next. */
  #first(): Timer | undefined {
    while (this.#heap[0] && !this.#heap[0].isSet) this.#shift();
    return this.#heap[0];
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(timer, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = timer;
  }

  #shift(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (heap[below + 1] && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(timer: Timer, other: Timer): boolean {
  return timer.at - other.at < 0 ||
    timer.at === other.at && timer.turn < other.turn;
}
