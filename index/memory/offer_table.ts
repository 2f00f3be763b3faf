/**
 * Offers, each one digest under one name, and digests under any name, with the
 * sources of each.
 *
 * @module
 */

import { DIGEST_BYTES } from "../../protocol/digest.ts";
import type { HalfSipHash } from "../half_siphash.ts";
import type { DigestView } from "../text_view.ts";
import { LinearIndex, LINK_WORDS } from "./linear_index.ts";
import { NONE, Slab } from "./slab.ts";
import { SOURCE_LIST_WORDS, SourceLists } from "./source_list.ts";

const DIGEST_WORDS = DIGEST_BYTES / 4;

// Words of an offer. The digest itself lies here, where a search by name needs
// it; what is kept for the digest as a whole is rarely looked at.
const NAME = 0;
const DIGEST = 1;
const OFFER_SOURCES = 2;
const OFFER_LINK = OFFER_SOURCES + SOURCE_LIST_WORDS;
const BYTES = OFFER_LINK + LINK_WORDS;
// One word more makes it 64 bytes, a line of the processor's cache.
const OFFER_WORDS = BYTES + DIGEST_WORDS + 1;

// Words of a digest.
const DIGEST_SOURCES = 0;
const DIGEST_LINK = DIGEST_SOURCES + SOURCE_LIST_WORDS;
const DIGEST_RECORD_WORDS = DIGEST_LINK + LINK_WORDS;

/** The registrations that are sources: where they keep what belongs to this table. */
export interface SourceWords {
  /** The records that hold the links of lists. */
  readonly slab: Slab;
  /** The words of the list of its offer. */
  readonly byOffer: number;
  /** The words of the list of its digest. */
  readonly byDigest: number;
  /** The offer of a source. */
  offer(id: number): number;
}

/** Offers and digests by number. */
export class OfferTable {
  readonly #offers = new Slab(OFFER_WORDS);
  readonly #digests = new Slab(DIGEST_RECORD_WORDS);
  readonly #byOffer = new LinearIndex(this.#offers, OFFER_LINK);
  readonly #byDigest = new LinearIndex(this.#digests, DIGEST_LINK);
  readonly #members: SourceWords;
  readonly #hash: HalfSipHash;
  readonly #words = new Int32Array(DIGEST_WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** The sources of an offer. */
  readonly sources: SourceLists;
  /** The sources of a digest. */
  readonly digestSources: SourceLists;

  constructor(members: SourceWords, hash: HalfSipHash) {
    this.#members = members;
    this.#hash = hash;
    this.sources = new SourceLists(
      { slab: this.#offers, word: OFFER_SOURCES },
      { slab: members.slab, word: members.byOffer },
    );
    this.digestSources = new SourceLists(
      { slab: this.#digests, word: DIGEST_SOURCES },
      { slab: members.slab, word: members.byDigest },
    );
  }

  /** Bytes of memory that the table takes. */
  get bytes(): number {
    return this.#offers.bytes + this.#digests.bytes;
  }

  /** Makes room for so many offers while there is none yet. */
  reserve(size: number): void {
    this.#byOffer.reserve(size);
    this.#byDigest.reserve(size);
  }

  /** The offer of a digest under a name, or `NONE`. */
  find(name: number, digest: DigestView): number {
    return this.#find(name, this.#load(digest));
  }

  /** The number of a digest that has sources, or `NONE`. */
  findDigest(digest: DigestView): number {
    return this.#findDigest(this.#load(digest));
  }

  /** The offer of a digest under a name, which is made where there is none. */
  add(name: number, digest: DigestView): number {
    const hash = this.#load(digest);
    let offer = this.#find(name, hash);
    if (offer !== NONE) return offer;
    let id = this.#findDigest(hash);
    if (id === NONE) {
      id = this.#digests.take();
      this.#byDigest.insert(id, hash);
    }
    offer = this.#offers.take();
    const chunk = this.#offers.chunk(offer);
    const start = this.#offers.start(offer);
    chunk[start + NAME] = name;
    chunk[start + DIGEST] = id;
    for (let i = 0; i < DIGEST_WORDS; i++) {
      chunk[start + BYTES + i] = this.#words[i]!;
    }
    this.#byOffer.insert(offer, offerHash(name, hash));
    return offer;
  }

  /** Adds the newest source of an offer. */
  addSource(offer: number, id: number): void {
    this.sources.add(offer, id);
    this.digestSources.add(this.digest(offer), id);
  }

  /** Takes a source out. What has none left is gone. */
  removeSource(offer: number, id: number): void {
    const digest = this.digest(offer);
    this.digestSources.remove(digest, id);
    if (this.digestSources.count(digest) === 0) {
      this.#byDigest.remove(digest);
      this.#digests.release(digest);
    }
    this.sources.remove(offer, id);
    if (this.sources.count(offer) > 0) return;
    this.#byOffer.remove(offer);
    this.#offers.release(offer);
  }

  /** Brings an offer near, for whoever reads it next. */
  touch(offer: number): number {
    return this.#offers.touch(offer);
  }

  /** The name that an offer is under. */
  name(offer: number): number {
    return this.#offers.get(offer, NAME);
  }

  /** The digest of an offer. */
  digest(offer: number): number {
    return this.#offers.get(offer, DIGEST);
  }

  /** Whether an offer is of this digest. */
  isOf(offer: number, digest: DigestView): boolean {
    this.#copy(digest);
    return this.#equals(offer);
  }

  /** Copies the digest of an offer. */
  readDigest(offer: number, into: Uint8Array): void {
    const chunk = this.#offers.chunk(offer);
    const start = this.#offers.start(offer) + BYTES;
    for (let i = 0; i < DIGEST_WORDS; i++) this.#words[i] = chunk[start + i]!;
    for (let i = 0; i < DIGEST_BYTES; i++) into[i] = this.#bytes[i]!;
  }

  #load(digest: DigestView): number {
    this.#copy(digest);
    return this.#hash.hash(this.#words, DIGEST_BYTES);
  }

  #copy({ bytes, start }: DigestView): void {
    for (let i = 0; i < DIGEST_BYTES; i++) this.#bytes[i] = bytes[start + i]!;
  }

  #find(name: number, hash: number): number {
    let offer = this.#byOffer.first(offerHash(name, hash));
    while (
      offer !== NONE && (this.name(offer) !== name || !this.#equals(offer))
    ) offer = this.#byOffer.next(offer);
    return offer;
  }

  #findDigest(hash: number): number {
    let id = this.#byDigest.first(hash);
    while (id !== NONE) {
      // Any source of the digest knows an offer that holds it.
      const source = this.digestSources.newest(id);
      if (this.#equals(this.#members.offer(source))) return id;
      id = this.#byDigest.next(id);
    }
    return NONE;
  }

  #equals(offer: number): boolean {
    const chunk = this.#offers.chunk(offer);
    const start = this.#offers.start(offer) + BYTES;
    for (let i = 0; i < DIGEST_WORDS; i++) {
      if (chunk[start + i] !== this.#words[i]) return false;
    }
    return true;
  }
}

// The hash of the digest is keyed; many names of one digest have to differ too.
function offerHash(name: number, digestHash: number): number {
  return (digestHash + Math.imul(name, 0x9e3779b1)) | 0;
}
