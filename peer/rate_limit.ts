/**
 * A limit on bytes per second, shared by all who take from it.
 *
 * @module
 */

import { type Clock, delay, SYSTEM_CLOCK } from "./clock.ts";

/** How far a limit may catch up after its users were late, in milliseconds. */
const BURST_MS = 100;

/**
 * A token bucket. Those who take from it are served in the order in which they
 * came, so that nobody waits for ever.
 *
 * @example
 * ```ts
 * import { RateLimit } from "./rate_limit.ts";
 *
 * const limit = new RateLimit(1_000_000);
 * await limit.take(10_000);
 * ```
 */
export class RateLimit {
  /** Bytes per second. */
  readonly bytesPerSecond: number;
  readonly #clock: Clock;
  /** When all that was taken so far will have been paid for. */
  #paidAt: number;

  /**
   * Starts with nothing taken.
   *
   * @param bytesPerSecond At least 1.
   * @throws {RangeError} Where it is not.
   */
  constructor(
    bytesPerSecond: number,
    { clock = SYSTEM_CLOCK }: { clock?: Clock } = {},
  ) {
    if (!(bytesPerSecond >= 1)) {
      throw new RangeError(
        `Cannot limit to ${bytesPerSecond} bytes a second: expected 1 or more`,
      );
    }
    this.bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#paidAt = clock.now();
  }

  /**
   * The most bytes to take at once so that they go out evenly: a tenth of a
   * second's worth.
   *
   * @param most What would be taken without a limit, in bytes.
   */
  portion(most: number): number {
    return Math.max(1, Math.min(most, Math.floor(this.bytesPerSecond / 10)));
  }

  /**
   * Takes bytes, and waits until they may be used.
   *
   * @throws Whatever the signal was aborted with; nothing is taken then.
   */
  async take(
    bytes: number,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#clock.now();
    const cost = bytes / this.bytesPerSecond * 1_000;
    this.#paidAt = Math.max(this.#paidAt, now - BURST_MS) + cost;
    const wait = this.#paidAt - now;
    if (wait <= 0) return;
    try {
      await delay(wait, { clock: this.#clock, signal });
    } catch (error) {
      this.#paidAt -= cost;
      throw error;
    }
  }
}
