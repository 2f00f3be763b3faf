/**
 * Waiting for "something has changed".
 *
 * @module
 */

/** Wakes all who wait for it. */
export class Bell {
  #next: PromiseWithResolvers<void> | undefined;

  /** Resolves when it rings the next time. */
  get rung(): Promise<void> {
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }

  /** Wakes all who wait. */
  ring(): void {
    const next = this.#next;
    this.#next = undefined;
    next?.resolve();
  }
}
