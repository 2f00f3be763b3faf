/**
 * Waiting for "something has changed".
 *
 * @module
 */

/** Wakes all who wait for it. */
export class Bell {
  #next = Promise.withResolvers<void>();

  /** Resolves when it rings the next time. */
  get rung(): Promise<void> {
    return this.#next.promise;
  }

  /** Wakes all who wait. */
  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }
}
