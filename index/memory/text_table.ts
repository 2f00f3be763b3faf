/**
 * Texts kept once each: the names of contents and of peers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { HalfSipHash } from "../half_siphash.ts";
import { LinearIndex, LINK_WORDS } from "./linear_index.ts";
import { NONE, Slab } from "./slab.ts";

// A text lies in a chain of equal cells, so memory that a long name gave back
// serves any other, and what the table takes at most is easy to state.
const CELL_WORDS = 7;
const CELL_BYTES = 4 * CELL_WORDS;
const CELL_NEXT = CELL_WORDS;

const CELL = 0;
const LENGTH = 1;
const REFERENCES = 2;
const TAG = 3;
const LINK = 4;

/** The longest text, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 1024;

/** Texts by number and numbers by text, counted by those who refer to them. */
export class TextTable {
  readonly #texts = new Slab(LINK + LINK_WORDS);
  readonly #cells = new Slab(CELL_WORDS + 1);
  readonly #index = new LinearIndex(this.#texts, LINK);
  readonly #hash: HalfSipHash;
  readonly #words = new Int32Array(
    Math.ceil(MAX_TEXT_BYTES / CELL_BYTES) * CELL_WORDS,
  );
  readonly #bytes = Buffer.from(this.#words.buffer);
  #length = 0;

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

  /** The number of a text, or `NONE` where nobody refers to it. */
  find(text: string): number {
    this.#load(text);
    return this.#find(this.#hash.hash(this.#words, this.#length));
  }

  /** The number of a text, which gains a reference. */
  acquire(text: string): number {
    this.#load(text);
    const hash = this.#hash.hash(this.#words, this.#length);
    let id = this.#find(hash);
    if (id === NONE) {
      id = this.#texts.take();
      this.#texts.set(id, CELL, this.#store());
      this.#texts.set(id, LENGTH, this.#length);
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
  }

  /** The text with this number. */
  read(id: number): string {
    const length = this.#texts.get(id, LENGTH);
    let cell = this.#texts.get(id, CELL);
    for (let at = 0; cell !== NONE; at += CELL_WORDS) {
      const chunk = this.#cells.chunk(cell);
      const start = this.#cells.start(cell);
      for (let i = 0; i < CELL_WORDS; i++) {
        this.#words[at + i] = chunk[start + i]!;
      }
      cell = chunk[start + CELL_NEXT]!;
    }
    for (let i = 0; i < length; i++) {
      if (this.#bytes[i]! > 0x7f) {
        return this.#bytes.toString("utf8", 0, length);
      }
    }
    return this.#bytes.toString("latin1", 0, length);
  }

  /** The word that a text carries for the owner of the table, 0 at first. */
  tag(id: number): number {
    return this.#texts.get(id, TAG);
  }

  /** Writes the word that a text carries. */
  setTag(id: number, value: number): void {
    this.#texts.set(id, TAG, value);
  }

  #find(hash: number): number {
    let id = this.#index.first(hash);
    while (id !== NONE && !this.#equals(id)) id = this.#index.next(id);
    return id;
  }

  #equals(id: number): boolean {
    if (this.#texts.get(id, LENGTH) !== this.#length) return false;
    let cell = this.#texts.get(id, CELL);
    for (let at = 0; cell !== NONE; at += CELL_WORDS) {
      const chunk = this.#cells.chunk(cell);
      const start = this.#cells.start(cell);
      for (let i = 0; i < CELL_WORDS; i++) {
        if (chunk[start + i] !== this.#words[at + i]) return false;
      }
      cell = chunk[start + CELL_NEXT]!;
    }
    return true;
  }

  /** Puts the text into the scratch words, the last cell filled up with zeros. */
  #load(text: string): void {
    const bytes = this.#bytes;
    let length = text.length;
    let i = 0;
    while (i < length) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) break;
      bytes[i++] = code;
    }
    if (i < length) length = ENCODER.encodeInto(text, bytes).written;
    this.#length = length;
    const end = Math.ceil(length / CELL_BYTES) * CELL_BYTES;
    while (length < end) bytes[length++] = 0;
  }

  #store(): number {
    const cells = Math.ceil(this.#length / CELL_BYTES);
    let next = NONE;
    for (let n = cells - 1; n >= 0; n--) {
      const cell = this.#cells.take();
      const chunk = this.#cells.chunk(cell);
      const start = this.#cells.start(cell);
      for (let i = 0; i < CELL_WORDS; i++) {
        chunk[start + i] = this.#words[n * CELL_WORDS + i]!;
      }
      chunk[start + CELL_NEXT] = next;
      next = cell;
    }
    return next;
  }
}

const ENCODER = new TextEncoder();
