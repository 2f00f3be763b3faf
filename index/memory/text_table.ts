/**
 * Texts kept once each: the names of contents and of peers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { DATAGRAM_PDUS } from "../../protocol/pdu.ts";
import type { HalfSipHash } from "../half_siphash.ts";
import type { TextView } from "../text_view.ts";
import { LinearIndex, LINK_WORDS } from "./linear_index.ts";
import { NONE, Slab } from "./slab.ts";

// Words of a text. It lies in its record, and if it is long goes on in a chain
// of equal cells, so that memory which a long one gave back serves any other.
const LENGTH = 0;
const REFERENCES = 1;
const TAG = 2;
const CELL = 3;
const LINK = 4;
const HINT = LINK + LINK_WORDS;
const TEXT = HINT + 1;
const TEXT_WORDS = 9;

// Words of a cell.
const CELL_NEXT = 0;
const CELL_TEXT = 1;
const CELL_WORDS = 7;

/** The longest text, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 1024;

/** Texts that are kept ready as strings. */
const READY = 1024;

/** Whoever keeps something about texts and can bring it near early. */
export interface NumberGuess {
  /** Brings near what there may be under the same number as a text. */
  touch(id: number): void;
}

/** Texts by number and numbers by text, counted by those who refer to them. */
export class TextTable {
  readonly #texts = new Slab(TEXT + TEXT_WORDS);
  readonly #cells = new Slab(CELL_TEXT + CELL_WORDS);
  readonly #index = new LinearIndex(this.#texts, LINK);
  readonly #hash: HalfSipHash;
  readonly #words = new Int32Array(MAX_TEXT_BYTES / 4);
  readonly #bytes = Buffer.from(this.#words.buffer);
  #length = 0;
  readonly #batch = new Int32Array(DATAGRAM_PDUS);
  /** What was read in vain: what nobody keeps would not be read at all. */
  #touched = NONE;
  readonly #readyIds = new Int32Array(READY);
  readonly #readyTexts: string[] = Array(READY).fill("");

  constructor(hash: HalfSipHash) {
    this.#hash = hash;
  }

  /** How many texts there are. */
  get size(): number {
    return this.#texts.used;
  }

  /** Bytes of memory that the table takes. */
  get bytes(): number {
    return this.#texts.bytes + this.#cells.bytes;
  }

  /** Makes room for so many texts while there is none yet. */
  reserve(size: number): void {
    this.#index.reserve(size);
  }

  /**
   * The number of a text, or `NONE` where nobody refers to it.
   *
   * @param guessed Told first of what most likely is its number.
   */
  find(text: TextView, guessed?: NumberGuess): number {
    this.#load(text);
    const hash = this.#hash.hash(this.#words, this.#length);
    if (guessed) guessed.touch(this.#index.guess(hash));
    return this.#find(hash);
  }

  /**
   * Guesses the numbers of so many texts and brings near what they lead to, all
   * of them at once.
   */
  touch(texts: readonly TextView[], count: number, guessed: NumberGuess): void {
    const batch = this.#batch;
    for (let i = 0; i < count; i++) {
      this.#load(texts[i]!);
      batch[i] = this.#hash.hash(this.#words, this.#length);
    }
    for (let i = 0; i < count; i++) batch[i] = this.#index.guess(batch[i]!);
    for (let i = 0; i < count; i++) {
      this.#touched ^= this.#texts.touch(batch[i]!);
      guessed.touch(batch[i]!);
    }
  }

  /** The number of a text, which gains a reference. */
  acquire(text: TextView): number {
    this.#load(text);
    const hash = this.#hash.hash(this.#words, this.#length);
    let id = this.#find(hash);
    if (id === NONE) {
      id = this.#texts.take();
      this.#store(id);
      this.#index.insert(id, hash);
    }
    this.#texts.set(id, REFERENCES, this.#texts.get(id, REFERENCES) + 1);
    return id;
  }

  /** Takes a reference back. Without any, the text is gone. */
  release(id: number): void {
    const references = this.#texts.get(id, REFERENCES) - 1;
    this.#texts.set(id, REFERENCES, references);
    if (references > 0) return;
    this.#index.remove(id);
    let cell = this.#texts.get(id, CELL);
    while (cell !== NONE) {
      const next = this.#cells.get(cell, CELL_NEXT);
      this.#cells.release(cell);
      cell = next;
    }
    this.#texts.release(id);
    if (this.#readyIds[id % READY] === id) this.#readyIds[id % READY] = NONE;
  }

  /** The text with this number. */
  read(id: number): string {
    const place = id % READY;
    if (this.#readyIds[place] !== id) {
      this.#readyIds[place] = id;
      this.#readyTexts[place] = this.#read(id);
    }
    return this.#readyTexts[place]!;
  }

  /** The word that a text carries for the owner of the table, 0 at first. */
  tag(id: number): number {
    return this.#texts.get(id, TAG);
  }

  /** Writes the word that a text carries. */
  setTag(id: number, value: number): void {
    this.#texts.set(id, TAG, value);
  }

  /** The second word that a text carries, which lies beside the first. */
  hint(id: number): number {
    return this.#texts.get(id, HINT);
  }

  /** Writes the second word that a text carries. */
  setHint(id: number, value: number): void {
    this.#texts.set(id, HINT, value);
  }

  #find(hash: number): number {
    let id = this.#index.first(hash);
    while (id !== NONE && !this.#equals(id)) id = this.#index.next(id);
    return id;
  }

  #equals(id: number): boolean {
    const chunk = this.#texts.chunk(id);
    const start = this.#texts.start(id);
    if (chunk[start + LENGTH] !== this.#length) return false;
    const count = (this.#length + 3) >> 2;
    const within = count < TEXT_WORDS ? count : TEXT_WORDS;
    for (let i = 0; i < within; i++) {
      if (chunk[start + TEXT + i] !== this.#words[i]) return false;
    }
    return count <= TEXT_WORDS || this.#endsEqual(chunk[start + CELL]!, count);
  }

  #endsEqual(first: number, count: number): boolean {
    let cell = first;
    for (let i = TEXT_WORDS; i < count; i += CELL_WORDS) {
      const end = Math.min(CELL_WORDS, count - i);
      for (let n = 0; n < end; n++) {
        if (this.#cells.get(cell, CELL_TEXT + n) !== this.#words[i + n]) {
          return false;
        }
      }
      cell = this.#cells.get(cell, CELL_NEXT);
    }
    return true;
  }

  /** Puts the text into the scratch words, the last one filled up with zeros. */
  #load({ bytes, start, length }: TextView): void {
    const scratch = this.#bytes;
    for (let i = 0; i < length; i++) scratch[i] = bytes[start + i]!;
    this.#length = length;
    for (let i = length; (i & 3) !== 0; i++) scratch[i] = 0;
  }

  #store(id: number): void {
    const count = (this.#length + 3) >> 2;
    this.#texts.set(id, LENGTH, this.#length);
    for (let i = 0; i < TEXT_WORDS && i < count; i++) {
      this.#texts.set(id, TEXT + i, this.#words[i]!);
    }
    let next = NONE;
    const cells = Math.max(0, Math.ceil((count - TEXT_WORDS) / CELL_WORDS));
    for (let n = cells - 1; n >= 0; n--) {
      const cell = this.#cells.take();
      const first = TEXT_WORDS + n * CELL_WORDS;
      for (let i = 0; i < CELL_WORDS && first + i < count; i++) {
        this.#cells.set(cell, CELL_TEXT + i, this.#words[first + i]!);
      }
      this.#cells.set(cell, CELL_NEXT, next);
      next = cell;
    }
    this.#texts.set(id, CELL, next);
  }

  #read(id: number): string {
    const length = this.#texts.get(id, LENGTH);
    const count = (length + 3) >> 2;
    for (let i = 0; i < TEXT_WORDS && i < count; i++) {
      this.#words[i] = this.#texts.get(id, TEXT + i);
    }
    let cell = this.#texts.get(id, CELL);
    for (let i = TEXT_WORDS; i < count; i += CELL_WORDS) {
      for (let n = 0; n < CELL_WORDS; n++) {
        this.#words[i + n] = this.#cells.get(cell, CELL_TEXT + n);
      }
      cell = this.#cells.get(cell, CELL_NEXT);
    }
    for (let i = 0; i < length; i++) {
      if (this.#bytes[i]! > 0x7f) {
        return this.#bytes.toString("utf8", 0, length);
      }
    }
    return this.#bytes.toString("latin1", 0, length);
  }
}
