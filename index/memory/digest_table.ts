/**
 * Digests kept once each, with the sources of each.
 *
 * @module
 */

import { DIGEST_BYTES } from "../../protocol/digest.ts";
import type { HalfSipHash } from "../half_siphash.ts";
import type { DigestView } from "../text_view.ts";
import { LinearIndex, LINK_WORDS } from "./linear_index.ts";
import { NONE, Slab } from "./slab.ts";
import { SOURCE_LIST_WORDS } from "./source_list.ts";

const DIGEST_WORDS = DIGEST_BYTES / 4;
const SOURCES = DIGEST_WORDS;
const LINK = SOURCES + SOURCE_LIST_WORDS;

/** Digests by number and numbers by digest. */
export class DigestTable {
  /** The records, each with a list of sources at {@linkcode DigestTable.sources}. */
  readonly slab: Slab = new Slab(LINK + LINK_WORDS);
  /** The first word of a record's list of sources. */
  readonly sources: number = SOURCES;
  readonly #index = new LinearIndex(this.slab, LINK);
  readonly #hash: HalfSipHash;
  readonly #words = new Int32Array(DIGEST_WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  constructor(hash: HalfSipHash) {
    this.#hash = hash;
  }

  /** The number of a digest, or `NONE`. */
  find(digest: DigestView): number {
    return this.#find(this.#load(digest));
  }

  /** The number of a digest, which is added where it is new. */
  add(digest: DigestView): number {
    const hash = this.#load(digest);
    let id = this.#find(hash);
    if (id !== NONE) return id;
    id = this.slab.take();
    const chunk = this.slab.chunk(id);
    const start = this.slab.start(id);
    for (let i = 0; i < DIGEST_WORDS; i++) chunk[start + i] = this.#words[i]!;
    this.#index.insert(id, hash);
    return id;
  }

  /** Takes a digest out. */
  remove(id: number): void {
    this.#index.remove(id);
    this.slab.release(id);
  }

  /** Copies the digest with this number. */
  read(id: number, into: Uint8Array): void {
    const chunk = this.slab.chunk(id);
    const start = this.slab.start(id);
    for (let i = 0; i < DIGEST_WORDS; i++) this.#words[i] = chunk[start + i]!;
    for (let i = 0; i < DIGEST_BYTES; i++) into[i] = this.#bytes[i]!;
  }

  /** Whether this digest has this number. */
  is(id: number, digest: DigestView): boolean {
    this.#copy(digest);
    return this.#equals(id);
  }

  #load(digest: DigestView): number {
    this.#copy(digest);
    return this.#hash.hash(this.#words, DIGEST_BYTES);
  }

  #copy({ bytes, start }: DigestView): void {
    for (let i = 0; i < DIGEST_BYTES; i++) this.#bytes[i] = bytes[start + i]!;
  }

  #find(hash: number): number {
    let id = this.#index.first(hash);
    while (id !== NONE && !this.#equals(id)) id = this.#index.next(id);
    return id;
  }

  #equals(id: number): boolean {
    const chunk = this.slab.chunk(id);
    const start = this.slab.start(id);
    for (let i = 0; i < DIGEST_WORDS; i++) {
      if (chunk[start + i] !== this.#words[i]) return false;
    }
    return true;
  }
}
