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

// Words of an answer: two of its mark, when it was given, what it was.
const LOW = 0;
const HIGH = 1;
const TIME = 2;
const OUTCOME = 3;
const WORDS = 4;

/**
 * Remembers outcomes in a fixed piece of memory. Where a bucket is full, the
 * oldest answer makes room.
 */
export class ReplyMemory {
  readonly #words: Int32Array;
  /** Which place of a bucket is overwritten next: that of its oldest answer. */
  readonly #turns: Uint8Array;
  readonly #bucketMask: number;
  readonly #epoch: number;
  /** Where the answers of this turn are, if it may come to nothing. */
  readonly #turn: number[] | undefined;

  /**
   * @param capacity How many answers, rounded up to a power of two.
   * @param now The time of the start, in milliseconds since 1970.
   * @param options Whether every turn is ended by {@linkcode ReplyMemory.endTurn}.
   */
  constructor(
    capacity: number,
    now: number,
    { turns = false }: { turns?: boolean } = {},
  ) {
    if (turns) this.#turn = [];
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.#bucketMask = buckets - 1;
    this.#words = new Int32Array(buckets * WAYS * WORDS);
    this.#turns = new Uint8Array(buckets);
    this.#epoch = now - REPLY_LIFE_MS;
  }

  /** What a request was answered, or 0 where it was not, or too long ago. */
  recall(mark: RequestMark, now: number): OutcomeCode {
    const words = this.#words;
    const low = mix(mark.senderLow, mark);
    const start = (low & this.#bucketMask) * WAYS * WORDS;
    const end = start + WAYS * WORDS;
    for (let at = start; at < end; at += WORDS) {
      if (words[at + LOW] !== low || words[at + OUTCOME] === 0) continue;
      if (words[at + HIGH] !== mix(mark.senderHigh, mark)) continue;
      const age = (this.#ticks(now) - words[at + TIME]!) >>> 0;
      if (age < REPLY_LIFE_MS) return words[at + OUTCOME]! >>> 0;
    }
    return 0;
  }

  /** Remembers what a request was answered. */
  remember(mark: RequestMark, outcome: OutcomeCode, now: number): void {
    const words = this.#words;
    const low = mix(mark.senderLow, mark);
    const bucket = low & this.#bucketMask;
    const turn = this.#turns[bucket]!;
    this.#turns[bucket] = (turn + 1) % WAYS;
    const at = (bucket * WAYS + turn) * WORDS;
    words[at + LOW] = low;
    words[at + HIGH] = mix(mark.senderHigh, mark);
    words[at + TIME] = this.#ticks(now);
    words[at + OUTCOME] = outcome;
    this.#turn?.push(at);
  }

  /** Ends a turn; where it came to nothing, its answers are forgotten. */
  endTurn(kept: boolean): void {
    if (!this.#turn) return;
    if (!kept) { for (const at of this.#turn) this.#words[at + OUTCOME] = 0; }
    this.#turn.length = 0;
  }

  /** Milliseconds since a little before the start: 49 days, then again from 0. */
  #ticks(now: number): number {
    return (now - this.#epoch) | 0;
  }
}

function mix(
  sender: number,
  { transaction, content }: Pick<RequestMark, "transaction" | "content">,
): number {
  let hash = sender ^ Math.imul(transaction, 0x9e3779b1);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b) ^ content;
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return hash ^ hash >>> 16;
}
