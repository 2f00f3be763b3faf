/**
 * Records of 32-bit words in chunks of memory: a million of them are a few
 * hundred objects for the garbage collector, and growing never copies.
 *
 * @module
 */

/** The id that no record has. */
export const NONE = 0;

/** Bits of an id that count within a chunk: 8,192 records each. */
const CHUNK_BITS = 13;
const CHUNK_RECORDS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_RECORDS - 1;

/**
 * Words in front of the first record. Large pieces of memory come from the C
 * library 16 bytes after the start of a page: behind these, records of 64 bytes
 * each lie on one line of the processor's cache, and no more than one.
 */
const PAD_WORDS = 12;

/** The word that chains free records. */
const FREE_NEXT = 0;

/**
 * A growing array of records, all of the same number of words. Ids start at 1;
 * that of a record never changes while it lives, and is used again after that.
 */
export class Slab {
  readonly #words: number;
  readonly #chunks: Int32Array<ArrayBuffer>[] = [];
  #limit = 1;
  #free = NONE;
  #used = 0;

  /** @param words How many 32-bit words a record has. */
  constructor(words: number) {
    this.#words = words;
  }

  /** How many records are in use. */
  get used(): number {
    return this.#used;
  }

  /** One more than the highest id that was ever in use. */
  get limit(): number {
    return this.#limit;
  }

  /** Bytes of memory that the chunks take. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_RECORDS * this.#words * 4;
  }

  /** Takes a record, all zero, and returns its id. */
  take(): number {
    this.#used++;
    const id = this.#free;
    if (id !== NONE) {
      this.#free = this.get(id, FREE_NEXT);
      const chunk = this.#chunks[id >> CHUNK_BITS]!;
      const start = (id & CHUNK_MASK) * this.#words + PAD_WORDS;
      chunk.fill(0, start, start + this.#words);
      return id;
    }
    if (this.#limit >> CHUNK_BITS >= this.#chunks.length) {
      this.#chunks.push(
        new Int32Array(CHUNK_RECORDS * this.#words + PAD_WORDS),
      );
    }
    return this.#limit++;
  }

  /** Gives a record back. */
  release(id: number): void {
    this.#used--;
    this.set(id, FREE_NEXT, this.#free);
    this.#free = id;
  }

  /** Reads a word of a record. */
  get(id: number, word: number): number {
    return this.#chunks[id >> CHUNK_BITS]![
      (id & CHUNK_MASK) * this.#words + PAD_WORDS + word
    ]!;
  }

  /** Reads something of a record that may not even exist, to bring it near. */
  touch(id: number): number {
    const chunk = this.#chunks[id >> CHUNK_BITS];
    return chunk ? chunk[(id & CHUNK_MASK) * this.#words + PAD_WORDS]! : NONE;
  }

  /** Writes a word of a record. */
  set(id: number, word: number, value: number): void {
    this.#chunks[id >> CHUNK_BITS]![
      (id & CHUNK_MASK) * this.#words + PAD_WORDS + word
    ] = value;
  }

  /** Reads a whole number of at most 2^53 from two words. */
  count(id: number, word: number): number {
    return this.get(id, word) * 2 ** 32 + (this.get(id, word + 1) >>> 0);
  }

  /** Writes a whole number of at most 2^53 into two words. */
  setCount(id: number, word: number, value: number): void {
    this.set(id, word, Math.floor(value / 2 ** 32));
    this.set(id, word + 1, value | 0);
  }

  /** The chunk that holds a record, for whoever walks over many of its words. */
  chunk(id: number): Int32Array<ArrayBuffer> {
    return this.#chunks[id >> CHUNK_BITS]!;
  }

  /** Where the record starts in its {@linkcode Slab.chunk}, in words. */
  start(id: number): number {
    return (id & CHUNK_MASK) * this.#words + PAD_WORDS;
  }
}
