/**
 * Work on one thing in the order in which it was asked for.
 *
 * @module
 */

/** Runs what concerns the same key one after the other, the rest side by side. */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Whether nothing runs. */
  get isIdle(): boolean {
    return this.#last.size === 0;
  }

  /** Runs `work` once all earlier work on the same key has ended, well or not. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const running = before ? before.then(work, work) : work();
    this.#last.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#last.get(key) === running) this.#last.delete(key);
    }
  }
}
