/**
 * What was answered to whom, for a while: a request that arrives twice, because
 * its reply was lost or the network doubled it, is answered as the first was
 * and not applied again.
 *
 * @module
 */

import { TOKEN_LIFE_MS } from "./token.ts";

/** An answer in short: not 0, at most 32 bits; what it means is for the policy. */
export type OutcomeCode = number;

/** Tells one request from another. */
export interface RequestMark {
  /** Keyed hash over the sender's address and port. */
  readonly senderHigh: number;
  readonly senderLow: number;
  readonly transaction: number;
  /** Hash over what it asks: a client may use a number again for something else. */
  readonly content: number;
}

/** Places that a mark can lie in: one bucket. */
const WAYS = 8;

/**
 * How long an answer is remembered. No token lives longer, so what somebody
 * recorded and sends again later is refused for its token.
 */
export const REPLY_LIFE_MS = TOKEN_LIFE_MS;

/**
 * Remembers outcomes in a fixed piece of memory. Where a bucket is full, the
 * oldest answer makes room.
 */
export class ReplyMemory {
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #content: Int32Array;
  readonly #time: Uint32Array;
  readonly #outcome: Uint32Array;
  readonly #bucketMask: number;
  readonly #epoch: number;

  /**
   * @param capacity How many answers, rounded up to a power of two.
   * @param now The time of the start, in milliseconds since 1970.
   */
  constructor(capacity: number, now: number) {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.#bucketMask = buckets - 1;
    const entries = buckets * WAYS;
    this.#high = new Int32Array(entries);
    this.#low = new Int32Array(entries);
    this.#content = new Int32Array(entries);
    this.#time = new Uint32Array(entries);
    this.#outcome = new Uint32Array(entries);
    this.#epoch = now - REPLY_LIFE_MS;
  }

  /** What a request was answered, or 0 where it was not, or too long ago. */
  recall(mark: RequestMark, now: number): OutcomeCode {
    const low = mix(mark.senderLow, mark.transaction);
    const high = mix(mark.senderHigh, mark.transaction);
    const start = (low & this.#bucketMask) * WAYS;
    for (let i = start; i < start + WAYS; i++) {
      if (
        this.#low[i] === low && this.#high[i] === high &&
        this.#content[i] === mark.content && this.#outcome[i] !== 0 &&
        this.#age(i, now) < REPLY_LIFE_MS
      ) return this.#outcome[i]!;
    }
    return 0;
  }

  /** Remembers what a request was answered. */
  remember(mark: RequestMark, outcome: OutcomeCode, now: number): void {
    const low = mix(mark.senderLow, mark.transaction);
    const start = (low & this.#bucketMask) * WAYS;
    let oldest = start;
    for (let i = start + 1; i < start + WAYS; i++) {
      if (this.#age(i, now) > this.#age(oldest, now)) oldest = i;
    }
    this.#low[oldest] = low;
    this.#high[oldest] = mix(mark.senderHigh, mark.transaction);
    this.#content[oldest] = mark.content;
    this.#time[oldest] = this.#ticks(now);
    this.#outcome[oldest] = outcome;
  }

  #age(i: number, now: number): number {
    return (this.#ticks(now) - this.#time[i]!) >>> 0;
  }

  /** Milliseconds since a little before the start: 49 days, then again from 0. */
  #ticks(now: number): number {
    return (now - this.#epoch) >>> 0;
  }
}

function mix(sender: number, transaction: number): number {
  let hash = sender ^ Math.imul(transaction, 0x9e3779b1);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return hash ^ hash >>> 16;
}
