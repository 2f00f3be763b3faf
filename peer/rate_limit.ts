/**
 * A limit on bytes per second, shared by all who take from it.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { FairQueue } from "./fair_queue.ts";

/** How far a limit may catch up after its users were late, in milliseconds. */
const BURST_MS = 100;

/** Somebody who waits. */
interface Taker {
  /** What it takes, in milliseconds of the limit. */
  readonly costMs: number;
  readonly grant: () => void;
}

/**
 * A token bucket. Those who take from it are served in turn between addresses,
 * and in order within one, so that nobody waits for ever and nobody gets more
 * by asking more often.
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
  readonly #waiting = new FairQueue<Taker>();
  /** When all that was taken so far will have been paid for. */
  #paidAt: number;
  /** Who is next, and stops waiting for it. */
  #next: { readonly taker: Taker; readonly cancel: () => void } | undefined;

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
   * @param options.key Who takes: an address.
   * @throws Whatever the signal was aborted with; nothing is taken then.
   */
  take(
    bytes: number,
    { key = "", signal }: {
      key?: string | undefined;
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const costMs = bytes / this.bytesPerSecond * 1_000;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (this.#next?.taker === taker) this.#skip();
        else this.#waiting.remove(key, taker);
        reject(signal!.reason);
      };
      const taker = {
        costMs,
        grant: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(key, taker);
      if (!this.#next) this.#serve();
    });
  }

  /** Pays for what is taken. Returns how long that must wait, in milliseconds. */
  #pay(costMs: number): number {
    const now = this.#clock.now();
    this.#paidAt = Math.max(this.#paidAt, now - BURST_MS) + costMs;
    return this.#paidAt - now;
  }

  /** Serves who is next, and then the others. */
  #serve(): void {
    for (let next; (next = this.#waiting.next());) {
      const { item: taker } = next;
      const waitMs = this.#pay(taker.costMs);
      if (waitMs <= 0) {
        taker.grant();
        continue;
      }
      const cancel = this.#clock.after(waitMs, () => {
        this.#next = undefined;
        taker.grant();
        this.#serve();
      });
      this.#next = { taker, cancel };
      return;
    }
  }

  /** Who is next goes away. */
  #skip(): void {
    const { taker, cancel } = this.#next!;
    cancel();
    this.#next = undefined;
    this.#paidAt -= taker.costMs;
    this.#serve();
  }
}
