/**
 * The registrations themselves: their columns, and every way to find them.
 *
 * @module
 */

import type { ContentName, PeerName } from "../../protocol/name.ts";
import type { HalfSipHash } from "../half_siphash.ts";
import type { ContentShape, NewContent } from "../store.ts";
import type { DigestView, TextView } from "../text_view.ts";
import { ContentShapes, SHAPE_WORDS } from "./content_shapes.ts";
import { LinearIndex, LINK_WORDS } from "./linear_index.ts";
import { LinkedList, LIST_WORDS } from "./linked_list.ts";
import { OfferTable } from "./offer_table.ts";
import { NONE, Slab } from "./slab.ts";
import type { SourceLists } from "./source_list.ts";
import { type NumberGuess, TextTable } from "./text_table.ts";

// Words of a registration that a search and a renewal read: half a line of the
// processor's cache.
const OFFER = 0;
const PEER = 1;
const OWNER = 2;
/** Port in the lower half, the owner's stamp at that time in the upper. */
const PORT = 3;
const SHAPE = 4;
const REGISTRATION_WORDS = SHAPE + SHAPE_WORDS;

// Words of its links, in a record with the same number.
const BY_NAME = 0;
const BY_OFFER = BY_NAME + LIST_WORDS;
const BY_DIGEST = BY_OFFER + LIST_WORDS;
const BY_OWNER = BY_DIGEST + LIST_WORDS;
const KEY_LINK = BY_OWNER + LIST_WORDS;
/** How often it was handed out. */
const USES = KEY_LINK + LINK_WORDS;
const LINKS_WORDS = USES + 1;

/** Where an owner keeps the first of its registrations. */
export interface OwnerHead {
  readonly id: number;
  first: number;
}

/** The TCP port of a registration, and the stamp of its owner at that time. */
export interface ServedAt {
  readonly port: number;
  readonly stamp: number;
}

/**
 * Registrations by number; the number stays the same for as long as one lives.
 * It knows nothing of time: whether one is dead is for its caller.
 */
export class RegistrationTable {
  readonly #slab = new Slab(REGISTRATION_WORDS);
  readonly #shapes = new ContentShapes(this.#slab, SHAPE);
  /** Taken and released together with those above: so the numbers agree. */
  readonly #links = new Slab(LINKS_WORDS);
  readonly #names: TextTable;
  readonly #peers: TextTable;
  readonly #offers: OfferTable;
  readonly #hash: HalfSipHash;
  readonly #byKey = new LinearIndex(this.#links, KEY_LINK);
  readonly #ofName = new LinkedList(this.#links, BY_NAME);
  readonly #ofOwner = new LinkedList(this.#links, BY_OWNER);
  /** What was read in vain: what nobody keeps would not be read at all. */
  #touched = NONE;
  // Nearly every name has one registration and one offer, and they were taken
  // together: with the same number, so that all three come near at once.
  readonly #sameNumber: NumberGuess = {
    touch: (id) =>
      this.#touched = this.#offers.touch(id) ^ this.#slab.touch(id),
  };

  constructor(hash: HalfSipHash) {
    this.#hash = hash;
    this.#names = new TextTable(hash);
    this.#peers = new TextTable(hash);
    this.#offers = new OfferTable({
      slab: this.#links,
      byOffer: BY_OFFER,
      byDigest: BY_DIGEST,
      offer: (id) => this.offer(id),
    }, hash);
  }

  /** The sources of one digest under one name. */
  get offerSources(): SourceLists {
    return this.#offers.sources;
  }

  /** The sources of one digest under any name. */
  get digestSources(): SourceLists {
    return this.#offers.digestSources;
  }

  /** How many there are, living and dead. */
  get used(): number {
    return this.#slab.used;
  }

  /** One more than the highest number that was ever in use. */
  get limit(): number {
    return this.#slab.limit;
  }

  /** Bytes of memory that all tables take. */
  get bytes(): number {
    return this.#slab.bytes + this.#links.bytes + this.#offers.bytes +
      this.#names.bytes + this.#peers.bytes;
  }

  /** Makes room for so many registrations while there is none yet. */
  reserve(size: number): void {
    this.#names.reserve(size);
    this.#offers.reserve(size);
    this.#byKey.reserve(size);
  }

  /** Brings near what is known of so many names, all of them at once. */
  touch(names: readonly TextView[], count: number): void {
    this.#names.touch(names, count, this.#sameNumber);
  }

  /** The registration of this name by this peer, or `NONE`. */
  find(peer: TextView, name: TextView): number {
    const nameId = this.#names.find(name, this.#sameNumber);
    if (nameId === NONE) return NONE;
    const peerId = this.#peers.find(peer);
    if (peerId === NONE) return NONE;
    return this.#find(peerId, nameId);
  }

  /** The newest registration of a name, or `NONE`. */
  newestOf(name: TextView): number {
    const nameId = this.#names.find(name, this.#sameNumber);
    return nameId === NONE ? NONE : this.#newest(nameId);
  }

  /** One digest under one name, or `NONE`. */
  findOffer(name: TextView, digest: DigestView): number {
    const nameId = this.#names.find(name);
    return nameId === NONE ? NONE : this.#offers.find(nameId, digest);
  }

  /** A digest, or `NONE`. */
  findDigest(digest: DigestView): number {
    return this.#offers.findDigest(digest);
  }

  /** Adds a registration, of which there must be none yet. */
  add(made: NewContent, owner: OwnerHead, at: ServedAt): number {
    const id = this.#slab.take();
    this.#links.take();
    const peerId = this.#peers.acquire(made.peer);
    this.#slab.set(id, PEER, peerId);
    this.#slab.set(id, OWNER, owner.id);
    owner.first = this.#ofOwner.pushFront(owner.first, id);
    this.#attach(id, this.#names.acquire(made.name), made.digest);
    const hash = this.#hash.pair(peerId, this.#nameOf(id));
    this.#byKey.insert(id, hash);
    this.#describe(id, made, at);
    return id;
  }

  /** Renews a registration. With another digest it is the newest of its name. */
  update(id: number, made: NewContent, at: ServedAt): void {
    if (!this.#offers.isOf(this.offer(id), made.digest)) {
      const nameId = this.#nameOf(id);
      this.#detach(id);
      this.#attach(id, nameId, made.digest);
    }
    this.#describe(id, made, at);
  }

  /** Gives a registration the number of another owner. */
  adopt(id: number, from: OwnerHead, to: OwnerHead): void {
    from.first = this.#ofOwner.remove(from.first, id);
    to.first = this.#ofOwner.pushFront(to.first, id);
    this.#slab.set(id, OWNER, to.id);
  }

  /** Takes a registration out. `owner` is whose number it has. */
  remove(id: number, owner: OwnerHead): void {
    this.#byKey.remove(id);
    owner.first = this.#ofOwner.remove(owner.first, id);
    const nameId = this.#nameOf(id);
    this.#detach(id);
    this.#names.release(nameId);
    this.#peers.release(this.#slab.get(id, PEER));
    this.#slab.set(id, OWNER, NONE);
    this.#slab.release(id);
    this.#links.release(id);
  }

  /** The number of the owner; `NONE` where nothing is registered here. */
  owner(id: number): number {
    return this.#slab.get(id, OWNER);
  }

  /** The digest and the name that it is registered under, as one. */
  offer(id: number): number {
    return this.#slab.get(id, OFFER);
  }

  /** The digest that it is registered under. */
  digest(id: number): number {
    return this.#offers.digest(this.offer(id));
  }

  /** The port that it was registered with. */
  port(id: number): number {
    return this.#slab.get(id, PORT) & 0xffff;
  }

  /** The stamp that its owner had then. */
  stamp(id: number): number {
    return this.#slab.get(id, PORT) >>> 16;
  }

  /** How often it was handed out. */
  uses(id: number): number {
    return this.#links.get(id, USES);
  }

  /** Counts that it was handed out. */
  use(id: number): void {
    this.#links.set(id, USES, this.uses(id) + 1);
  }

  /** The name of the peer. */
  peer(id: number): PeerName {
    return this.#peers.read(this.#slab.get(id, PEER)) as PeerName;
  }

  /** The name of the content. */
  name(id: number): ContentName {
    return this.#names.read(this.#nameOf(id)) as ContentName;
  }

  /** Bytes of the content. */
  size(id: number): number {
    return this.#shapes.size(id);
  }

  /** What the content is, but for its digest. */
  shape(id: number): ContentShape {
    return this.#shapes.read(id);
  }

  /** Copies the digest of a registration. */
  readDigest(id: number, into: Uint8Array): void {
    this.#offers.readDigest(this.offer(id), into);
  }

  #describe(id: number, made: ContentShape, { port, stamp }: ServedAt): void {
    this.#slab.set(id, PORT, stamp << 16 | port);
    this.#shapes.write(id, made);
  }

  /** Makes it the newest of its name, of its digest, and of both together. */
  #attach(id: number, nameId: number, digest: DigestView): void {
    const offer = this.#offers.add(nameId, digest);
    this.#slab.set(id, OFFER, offer);
    const newest = this.#names.tag(nameId);
    this.#setNewest(nameId, this.#ofName.pushFront(newest, id));
    this.#offers.addSource(offer, id);
  }

  #detach(id: number): void {
    const offer = this.offer(id);
    const nameId = this.#offers.name(offer);
    const newest = this.#names.tag(nameId);
    this.#setNewest(nameId, this.#ofName.remove(newest, id));
    this.#offers.removeSource(offer, id);
  }

  #newest(nameId: number): number {
    // Both records are far away in memory, and the offer is asked for next:
    // whoever asks for both at once waits for one of them only.
    this.#touched = this.#offers.touch(this.#names.hint(nameId));
    return this.#names.tag(nameId);
  }

  #setNewest(nameId: number, id: number): void {
    this.#names.setTag(nameId, id);
    this.#names.setHint(nameId, id === NONE ? NONE : this.offer(id));
  }

  #nameOf(id: number): number {
    return this.#offers.name(this.offer(id));
  }

  #find(peerId: number, nameId: number): number {
    // Nearly every name has one peer.
    const newest = this.#newest(nameId);
    if (this.#slab.get(newest, PEER) === peerId) return newest;
    let id = this.#byKey.first(this.#hash.pair(peerId, nameId));
    while (
      id !== NONE &&
      (this.#slab.get(id, PEER) !== peerId || this.#nameOf(id) !== nameId)
    ) id = this.#byKey.next(id);
    return id;
  }
}
