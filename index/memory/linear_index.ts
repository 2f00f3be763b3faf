/**
 * A hash table that grows by one bucket at a time (linear hashing): no insert
 * ever moves more than the few records of one bucket, so a table of a million
 * never makes the loop pause.
 *
 * @module
 */

import { NONE, type Slab } from "./slab.ts";

const CHUNK_BITS = 12;
const CHUNK_BUCKETS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_BUCKETS - 1;

/** Words that a record gives to each index that it is in. */
export const LINK_WORDS = 2;

/**
 * Finds records of a {@linkcode Slab} by a hash. It keeps the chain and the
 * hash in two words of the record itself.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { NONE, Slab } from "./slab.ts";
 * import { LINK_WORDS, LinearIndex } from "./linear_index.ts";
 *
 * const slab = new Slab(1 + LINK_WORDS);
 * const index = new LinearIndex(slab, 1);
 * const id = slab.take();
 * slab.set(id, 0, 4711);
 * index.insert(id, 99);
 *
 * let found = index.first(99);
 * while (found !== NONE && slab.get(found, 0) !== 4711) found = index.next(found);
 * assertEquals(found, id);
 * ```
 */
export class LinearIndex {
  readonly #slab: Slab;
  readonly #link: number;
  readonly #heads = [new Int32Array(CHUNK_BUCKETS)];
  #mask = CHUNK_MASK;
  #split = 0;
  #size = 0;

  /** @param link The first of the two words of a record that are the index's. */
  constructor(slab: Slab, link: number) {
    this.#slab = slab;
    this.#link = link;
  }

  /**
   * Makes room for so many records while there is none yet, so that none has to
   * move when they come.
   */
  reserve(size: number): void {
    if (this.#size > 0) return;
    while (this.#mask < 2 * size) this.#mask = this.#mask << 1 | 1;
    while (this.#heads.length << CHUNK_BITS <= this.#mask) {
      this.#heads.push(new Int32Array(CHUNK_BUCKETS));
    }
  }

  /** The first record with this hash, or `NONE`. */
  first(hash: number): number {
    return this.#skip(this.guess(hash), hash);
  }

  /** What most likely is the first record with this hash; it is not looked at. */
  guess(hash: number): number {
    const bucket = this.#bucket(hash);
    return this.#heads[bucket >> CHUNK_BITS]![bucket & CHUNK_MASK]!;
  }

  /** The next record with the same hash as this one, or `NONE`. */
  next(id: number): number {
    const chunk = this.#slab.chunk(id);
    const at = this.#slab.start(id) + this.#link;
    return this.#skip(chunk[at]!, chunk[at + 1]!);
  }

  /** Adds a record. */
  insert(id: number, hash: number): void {
    // Two buckets for each record: one look finds nearly all of them.
    this.#size++;
    while (2 * this.#size > this.#mask + this.#split) this.#grow();
    const bucket = this.#bucket(hash);
    const chunk = this.#heads[bucket >> CHUNK_BITS]!;
    this.#slab.set(id, this.#link, chunk[bucket & CHUNK_MASK]!);
    this.#slab.set(id, this.#link + 1, hash);
    chunk[bucket & CHUNK_MASK] = id;
  }

  /** Takes a record out, which must be in it. */
  remove(id: number): void {
    this.#size--;
    const next = this.#slab.get(id, this.#link);
    const bucket = this.#bucket(this.#slab.get(id, this.#link + 1));
    const chunk = this.#heads[bucket >> CHUNK_BITS]!;
    let at = chunk[bucket & CHUNK_MASK]!;
    if (at === id) {
      chunk[bucket & CHUNK_MASK] = next;
      return;
    }
    for (;;) {
      const after = this.#slab.get(at, this.#link);
      if (after === id) break;
      at = after;
    }
    this.#slab.set(at, this.#link, next);
  }

  #skip(from: number, hash: number): number {
    let id = from;
    while (id !== NONE) {
      const chunk = this.#slab.chunk(id);
      const at = this.#slab.start(id) + this.#link;
      if (chunk[at + 1] === hash) return id;
      id = chunk[at]!;
    }
    return NONE;
  }

  #bucket(hash: number): number {
    const bucket = hash & this.#mask;
    return bucket < this.#split ? hash & (this.#mask << 1 | 1) : bucket;
  }

  #grow(): void {
    const from = this.#split;
    const to = from + this.#mask + 1;
    if (to >> CHUNK_BITS >= this.#heads.length) {
      this.#heads.push(new Int32Array(CHUNK_BUCKETS));
    }
    const chunk = this.#heads[from >> CHUNK_BITS]!;
    let id = chunk[from & CHUNK_MASK]!;
    let low = NONE;
    let high = NONE;
    while (id !== NONE) {
      const next = this.#slab.get(id, this.#link);
      if ((this.#slab.get(id, this.#link + 1) & (this.#mask + 1)) === 0) {
        this.#slab.set(id, this.#link, low);
        low = id;
      } else {
        this.#slab.set(id, this.#link, high);
        high = id;
      }
      id = next;
    }
    chunk[from & CHUNK_MASK] = low;
    this.#heads[to >> CHUNK_BITS]![to & CHUNK_MASK] = high;
    if (++this.#split > this.#mask) {
      this.#mask = this.#mask << 1 | 1;
      this.#split = 0;
    }
  }
}
