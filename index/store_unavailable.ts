/**
 * What a store throws that cannot keep anything at the moment.
 *
 * @module
 */

/**
 * A store cannot do what it was asked, and has done nothing of it. Whoever asked
 * is told `E UNAVAILABLE`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StoreUnavailable } from "./store_unavailable.ts";
 *
 * assertEquals(new StoreUnavailable(2).retryAfter, 2);
 * ```
 */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  /** Seconds after which to ask again. */
  readonly retryAfter: number;

  /** @param retryAfter Whole seconds after which to ask again, 1 to 65,535. */
  constructor(retryAfter: number, options?: ErrorOptions) {
    super("Cannot keep anything at the moment", options);
    this.retryAfter = retryAfter;
  }
}
