/**
 * A small share of the event loop for work that must not be felt by requests.
 *
 * @module
 */

import type { Outcome } from "./store.ts";

/** How long it rests for each unit of time that it worked. */
const REST_FACTOR = 4;

/** The longest rest, in milliseconds. */
const MAX_REST_MS = 50;

/**
 * Does one piece of work after the other, with a rest after each that is four
 * times as long: however many ask, they take a fifth of the loop.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LoopShare } from "./loop_share.ts";
 *
 * using share = new LoopShare(() => performance.now());
 * assertEquals(await share.run(() => 1 + 1), 2);
 * ```
 */
export class LoopShare implements Disposable {
  readonly #timer: () => number;
  readonly #resting = new Map<ReturnType<typeof setTimeout>, () => void>();
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param timer Milliseconds since any moment. */
  constructor(timer: () => number) {
    this.#timer = timer;
  }

  /**
   * Does a piece of work when its turn comes.
   *
   * @throws What the work throws, or the reason of the signal, where its turn
   * comes too late.
   */
  async run<T>(work: () => Outcome<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    let tookMs = 0;
    try {
      signal?.throwIfAborted();
      const start = this.#timer();
      const result = await work();
      tookMs = this.#timer() - start;
      return result;
    } finally {
      this.#rest(Math.min(tookMs * REST_FACTOR, MAX_REST_MS), resolve);
    }
  }

  /** Rests no more. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const [timer, wake] of this.#resting) {
      clearTimeout(timer);
      wake();
    }
    this.#resting.clear();
  }

  #rest(ms: number, wake: () => void): void {
    if (this.#closed || ms === 0) return wake();
    const timer = setTimeout(() => {
      this.#resting.delete(timer);
      wake();
    }, ms);
    this.#resting.set(timer, wake);
  }
}
