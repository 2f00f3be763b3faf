/**
 * How many requests an address may send: a bucket of tokens for each.
 *
 * @module
 */

/** What to do with a request. */
export type Verdict = "SERVE" | "BUSY" | "SILENCE";

/** Seconds of the rate that may come at once. */
const BURST_SECONDS = 5;

/** Requests over the budget that are told so before silence, each second. */
const BUSY_ANSWERS = 20;

interface Bucket {
  /** Requests left. */
  left: number;
  /** When it was last filled, in milliseconds since 1970. */
  filled: number;
  /** Answers that said "busy" since `toldSince`. */
  told: number;
  toldSince: number;
}

/** Budgets of many addresses, in a table of bounded size. */
export class Budget {
  readonly #rate: number;
  readonly #capacity: number;
  readonly #buckets = new Map<string, Bucket>();

  /**
   * @param rate Requests a second from one address; 0 for no limit.
   * @param capacity Addresses watched at the same time: the one that was
   * entered first makes room.
   */
  constructor(rate: number, capacity: number) {
    this.#rate = rate;
    this.#capacity = capacity;
  }

  /**
   * Takes a request off the budget of an address.
   *
   * @param prefix What counts as one address.
   * @param cost How many plain requests this one is worth.
   */
  spend(prefix: string, now: number, cost = 1): Verdict {
    if (this.take(prefix, now, cost)) return "SERVE";
    const bucket = this.#buckets.get(prefix)!;
    if (now - bucket.toldSince >= 1_000) {
      bucket.told = 0;
      bucket.toldSince = now;
    }
    return bucket.told++ < BUSY_ANSWERS ? "BUSY" : "SILENCE";
  }

  /** Takes it off where that much is left, and says whether it was. */
  take(prefix: string, now: number, cost: number): boolean {
    if (this.#rate === 0) return true;
    const burst = this.#rate * BURST_SECONDS;
    let bucket = this.#buckets.get(prefix);
    if (!bucket) {
      if (this.#buckets.size >= this.#capacity) {
        this.#buckets.delete(this.#buckets.keys().next().value!);
      }
      bucket = { left: burst, filled: now, told: 0, toldSince: now };
      this.#buckets.set(prefix, bucket);
    }
    const earned = (now - bucket.filled) * this.#rate / 1_000;
    if (earned > 0) {
      bucket.left = Math.min(burst, bucket.left + earned);
      bucket.filled = now;
    }
    if (bucket.left < cost) return false;
    bucket.left -= cost;
    return true;
  }
}
