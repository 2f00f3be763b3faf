/**
 * Buffers that are used again and again, and no more than so many: who wants
 * one waits until one is given back, which is what slows a fast network down to
 * a slow disk.
 *
 * @module
 */

/** Lends buffers of one size. */
export class BufferPool {
  readonly #bytes: number;
  readonly #idle: Uint8Array<ArrayBuffer>[] = [];
  readonly #waiting: ((buffer: Uint8Array<ArrayBuffer>) => void)[] = [];
  #left: number;

  /** A pool of at most `count` buffers of `bytes` bytes each, made when first wanted. */
  constructor({ bytes, count }: { bytes: number; count: number }) {
    this.#bytes = bytes;
    this.#left = count;
  }

  /**
   * Waits for a buffer. What is in it is left over.
   *
   * @throws Whatever the signal was aborted with.
   */
  take({ signal }: { signal: AbortSignal }): Promise<Uint8Array<ArrayBuffer>> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.#left > 0) {
      this.#left--;
      return Promise.resolve(new Uint8Array(this.#bytes));
    }
    return new Promise((resolve, reject) => {
      const grant = (buffer: Uint8Array<ArrayBuffer>) => {
        signal.removeEventListener("abort", onAbort);
        resolve(buffer);
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(grant);
    });
  }

  /** Gives a buffer back. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#idle.push(buffer);
  }

  /** Counts a buffer as lost: another may be made in its place. */
  lose(): void {
    const next = this.#waiting.shift();
    if (next) next(new Uint8Array(this.#bytes));
    else this.#left++;
  }
}
