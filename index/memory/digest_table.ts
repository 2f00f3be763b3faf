/**
 * Digests kept once each, with the sources of each.
 *
 * @module
 */

import { type Digest, DIGEST_BYTES } from "../../protocol/digest.ts";
import type { HalfSipHash } from "../half_siphash.ts";
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
  find(digest: Digest): number {
    return this.#find(this.#load(digest));
  }

  /** The number of a digest, which is added where it is new. */
  add(digest: Digest): number {
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

  /** The digest with this number, as a copy. */
  read(id: number): Digest {
    const digest = new Uint8Array(DIGEST_BYTES);
    const chunk = this.slab.chunk(id);
    const start = 4 * this.slab.start(id);
    digest.set(new Uint8Array(chunk.buffer, start, DIGEST_BYTES));
    return digest as Digest;
  }

  /** Whether this digest has this number. */
  is(id: number, digest: Digest): boolean {
    this.#bytes.set(digest);
    return this.#equals(id);
  }

  #load(digest: Digest): number {
    this.#bytes.set(digest);
    return this.#hash.hash(this.#words, DIGEST_BYTES);
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
