/**
 * Who may send content right now, where not all may at once.
 *
 * @module
 */

import { FairQueue } from "./fair_queue.ts";

/** A place among those who send. Disposing it hands it to the next in turn. */
export type UploadSlot = Disposable;

/**
 * Hands out a fixed number of slots in turn between addresses, so that a client
 * with many connections gets no more than one with a single connection.
 */
export class UploadSlots {
  #free: number;
  readonly #waiting = new FairQueue<(slot: UploadSlot) => void>();

  /** @param slots How many may be held at once, at least 1. */
  constructor(slots: number) {
    this.#free = slots;
  }

  /** Whether nobody would get a slot at once. */
  get isContended(): boolean {
    return this.#free === 0;
  }

  /**
   * Takes a slot where one is free.
   *
   * @param key Who asks: an address.
   */
  tryAcquire(key: string): UploadSlot | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    this.#waiting.serve(key);
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
    const free = this.tryAcquire(key);
    if (free) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const grant = (slot: UploadSlot) => {
        signal.removeEventListener("abort", onAbort);
        resolve(slot);
      };
      const onAbort = () => {
        this.#waiting.remove(key, grant);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(key, grant);
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
    const next = this.#waiting.next();
    if (next) next.item(this.#slot());
    else this.#free++;
  }
}
