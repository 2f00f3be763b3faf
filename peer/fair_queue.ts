/**
 * Waiting in line, where many may wait for the same address.
 *
 * @module
 */

/** How many addresses are remembered to have been served. */
const MAX_REMEMBERED = 4_096;

/**
 * Gives everybody a turn: the next one is of the address that was served the
 * longest ago, so that who waits with many gets no more than who waits with
 * one, and comes back.
 */
export class FairQueue<T> {
  readonly #waiting = new Map<string, T[]>();
  /** In which turn each address was served last, as long as anybody waits. */
  readonly #served = new Map<string, number>();
  #turn = 0;

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Waits at the end of an address's own line. */
  add(key: string, item: T): void {
    const line = this.#waiting.get(key);
    if (line) line.push(item);
    else this.#waiting.set(key, [item]);
  }

  /** Waits no longer. */
  remove(key: string, item: T): void {
    const line = this.#waiting.get(key);
    const at = line?.indexOf(item) ?? -1;
    if (!line || at < 0) return;
    line.splice(at, 1);
    if (line.length === 0) this.#waiting.delete(key);
  }

  /** Counts an address as served, in turn or not. */
  serve(key: string): void {
    if (this.#served.size >= MAX_REMEMBERED) this.#served.clear();
    this.#served.set(key, ++this.#turn);
  }

  /** Takes out who is next, and counts the address as served. */
  next(): { readonly key: string; readonly item: T } | undefined {
    let key: string | undefined;
    let earliest = Infinity;
    for (const waiting of this.#waiting.keys()) {
      const turn = this.#served.get(waiting) ?? 0;
      if (turn >= earliest) continue;
      key = waiting;
      earliest = turn;
    }
    if (key === undefined) {
      this.#served.clear();
      return undefined;
    }
    const line = this.#waiting.get(key)!;
    const item = line.shift()!;
    if (line.length === 0) this.#waiting.delete(key);
    this.serve(key);
    return { key, item };
  }
}
