/**
 * Who may send content right now, where not all may at once.
 *
 * @module
 */

/** A place among those who send. Disposing it hands it to the next in turn. */
export type UploadSlot = Disposable;

interface Waiting {
  readonly grant: (slot: UploadSlot) => void;
}

/**
 * Hands out a fixed number of slots in turn between addresses, so that a client
 * with many connections gets no more than one with a single connection.
 */
export class UploadSlots {
  #free: number;
  readonly #waiting = new Map<string, Waiting[]>();

  /** @param slots How many may be held at once, at least 1. */
  constructor(slots: number) {
    this.#free = slots;
  }

  /** Whether nobody would get a slot at once. */
  get isContended(): boolean {
    return this.#free === 0;
  }

  /** Takes a slot where one is free. */
  tryAcquire(): UploadSlot | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#slot();
  }

  /**
   * Waits for a slot.
   *
   * @param key Who asks: an address.
   * @throws Whatever the signal was aborted with.
   */
  acquire(
    key: string,
    { signal }: { signal: AbortSignal },
  ): Promise<UploadSlot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const free = this.tryAcquire();
    if (free) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        grant: (slot) => {
          signal.removeEventListener("abort", onAbort);
          resolve(slot);
        },
      };
      const onAbort = () => {
        this.#leave(key, waiting);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const queue = this.#waiting.get(key);
      if (queue) queue.push(waiting);
      else this.#waiting.set(key, [waiting]);
    });
  }

  #slot(): UploadSlot {
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#pass();
        held = false;
      },
    };
  }

  #pass(): void {
    for (const [key, queue] of this.#waiting) {
      const next = queue.shift()!;
      // Whoever was served goes to the end of the turn.
      this.#waiting.delete(key);
      if (queue.length > 0) this.#waiting.set(key, queue);
      return next.grant(this.#slot());
    }
    this.#free++;
  }

  #leave(key: string, waiting: Waiting): void {
    const queue = this.#waiting.get(key);
    const at = queue?.indexOf(waiting) ?? -1;
    if (!queue || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#waiting.delete(key);
  }
}
