/**
 * Something that is asked for often is done now and then.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../clock.ts";

/** Calls back at most once in a while, and once more after the last call. */
export class Throttle implements Disposable {
  readonly #ms: number;
  readonly #callback: () => void;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /**
   * Makes a throttle.
   *
   * @param ms How long after a call it is called back, in milliseconds.
   */
  constructor(
    ms: number,
    callback: () => void,
    { clock = SYSTEM_CLOCK }: { clock?: Clock } = {},
  ) {
    this.#ms = ms;
    this.#callback = callback;
    this.#clock = clock;
  }

  /** Asks to be called back soon. */
  call(): void {
    if (this.#isClosed) return;
    this.#cancel ??= this.#clock.after(this.#ms, () => {
      this.#cancel = undefined;
      this.#callback();
    });
  }

  /** Is called back no more. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
