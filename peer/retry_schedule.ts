/**
 * When a request that nobody answered is sent again, and when it is given up.
 *
 * @module
 */

/** How long the first answer is waited for, in milliseconds. */
export const FIRST_WAIT_MS = 250;

/** The longest that one answer is waited for, before jitter, in milliseconds. */
export const LONGEST_WAIT_MS = 4_000;

/** How long a request is tried in total, in milliseconds. */
export const GIVE_UP_MS = 15_000;

/** By how much a wait is made shorter or longer, as a part of it. */
export const JITTER = 0.2;

/**
 * How long to wait for an answer before sending again: 250 ms, doubled with
 * every try up to 4 s, each up to a fifth shorter or longer so that peers that
 * lost the index together do not all come back at once.
 *
 * @param tries How often the request has been sent before this wait, 1 or more.
 * @param random A number from 0 up to but not including 1.
 * @returns Milliseconds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { retryDelay } from "./retry_schedule.ts";
 *
 * assertEquals([1, 2, 3, 4, 5, 6].map((tries) => retryDelay(tries, 0.5)), [
 *   250, 500, 1000, 2000, 4000, 4000,
 * ]);
 * ```
 */
export function retryDelay(tries: number, random: number): number {
  const plain = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS);
  return plain * (1 - JITTER + 2 * JITTER * random);
}
