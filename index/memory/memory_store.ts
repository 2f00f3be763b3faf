/**
 * The registry in memory: the default store, which needs no permission and
 * forgets everything when it ends.
 *
 * @module
 */

import { type Digest, DIGEST_BYTES } from "../../protocol/digest.ts";
import type { PublicKey } from "../../protocol/key.ts";
import { LIST_BUDGET, LOOK_COST } from "../filter.ts";
import { HALF_SIPHASH_KEY_BYTES, HalfSipHash } from "../half_siphash.ts";
import type { StoreLimits } from "../limits.ts";
import type {
  CloseSession,
  Deregister,
  Endpoint,
  List,
  ListPage,
  OpenSession,
  OwnerList,
  Register,
  RegisterResult,
  Registration,
  Search,
  SearchResult,
  SessionResult,
  Source,
  Store,
  StoreCounts,
} from "../store.ts";
import type { TextView } from "../text_view.ts";
import { CursorCodec } from "./cursor.ts";
import { type Journal, NO_JOURNAL } from "./journal.ts";
import type { Owner } from "./owner.ts";
import { OwnerBook } from "./owner_book.ts";
import { RegistrationTable } from "./registration_table.ts";
import { type Selection, SourcePicker } from "./source_picker.ts";
import { NONE } from "./slab.ts";

/** Registrations freed at most by one sweep: well under a millisecond. */
const SWEEP_STEPS = 200;

/** Dead registrations freed at most on the way to a living one. */
const CLEAR_STEPS = 1_000;

/** What it costs to see that there is nothing in a place of the list. */
const EMPTY_COST = 1;

/** What it costs to show an entry beside looking at it. */
const SHOW_COST = 7;

/** What a memory store needs. */
export interface MemoryStoreOptions {
  readonly limits: StoreLimits;
  /** Which sources a search gives first. */
  readonly selection: Selection;
  /** 16 random bytes, new for every start. */
  readonly seed: Uint8Array;
  /** The time of the start, in milliseconds since 1970. */
  readonly now: number;
  /** Told of every change; without, nobody is. */
  readonly journal?: Journal;
}

/** Keeps registrations, owners, sessions and leases in memory. */
export class MemoryStore implements Store {
  readonly #limits: StoreLimits;
  readonly #table: RegistrationTable;
  readonly #owners: OwnerBook;
  readonly #journal: Journal;
  readonly #picker: SourcePicker;
  readonly #cursors: CursorCodec;
  readonly #digest = new Uint8Array(DIGEST_BYTES) as Digest;

  constructor(options: MemoryStoreOptions) {
    const { limits, selection, seed, now, journal = NO_JOURNAL } = options;
    this.#limits = limits;
    this.#journal = journal;
    this.#table = new RegistrationTable(
      new HalfSipHash(seed.subarray(0, HALF_SIPHASH_KEY_BYTES)),
    );
    this.#owners = new OwnerBook(limits, { now, journal });
    journal.attach(this.#table, this.#owners);
    this.#cursors = new CursorCodec(seed.subarray(HALF_SIPHASH_KEY_BYTES));
    this.#picker = new SourcePicker(this.#table, {
      isAlive: (id, now) => this.#isAlive(id, now),
      source: (id, search) => this.#source(id, search),
    }, selection);
  }

  open(request: OpenSession, now: number): SessionResult {
    this.sweep(now);
    return this.#owners.open(request, now);
  }

  actsFor(from: Endpoint, key: PublicKey, now: number): boolean {
    return this.#owners.withKey(key, now)?.session?.key === from.key;
  }

  close({ from, key }: CloseSession, now: number): void {
    const owner = key
      ? this.#owners.withKey(key, now)
      : this.#owners.actingFor(from, now);
    if (owner) this.#owners.retire(owner);
  }

  touch(names: readonly TextView[], count: number): void {
    this.#table.touch(names, count);
  }

  register(
    { from, content, port, leaseMs, keyed }: Register,
    now: number,
  ): RegisterResult {
    let owner = this.#owners.actingFor(from, now);
    if (keyed && !owner?.key) return { status: "KEYLESS" };
    let id = this.#table.find(content.peer, content.name);
    if (id !== NONE) {
      const holder = this.#owners.holder(this.#table.owner(id));
      if (!holder.isAlive(now)) {
        this.#free(id);
        id = NONE;
      } else if (holder !== owner) return { status: "TAKEN" };
    }
    if (id === NONE) {
      if (this.#table.used >= this.#limits.maxRegistrations) {
        this.sweep(now);
        if (this.#table.used >= this.#limits.maxRegistrations) return FULL;
      }
      owner ??= this.#owners.enroll(from, leaseMs, now);
      if (!owner || !this.#owners.limits.mayGain(owner)) return FULL;
      this.#owners.gain(owner);
      id = this.#table.add(content, owner, { port, stamp: owner.stamp });
      this.#journal.added(id, content, { owner, port });
    } else {
      this.#journal.updating(id, content, { owner: owner!, port });
      this.#adopt(id, owner!);
      this.#table.update(id, content, { port, stamp: owner!.stamp });
    }
    owner!.otherPorts ||= port !== owner!.port;
    this.#owners.renew(owner!, now);
    return { status: "DONE", leaseMs: owner!.leaseMs };
  }

  deregister({ from, peer, name }: Deregister, now: number): boolean {
    const owner = this.#owners.actingFor(from, now);
    const id = this.#table.find(peer, name);
    if (id === NONE) return false;
    if (this.#owners.holder(this.#table.owner(id)) !== owner) return false;
    this.#free(id, true);
    return true;
  }

  search(search: Search, now: number): SearchResult {
    // What is dead is freed on the way, so a name whose last thousand sources
    // went at once is not walked over again and again.
    for (let steps = 0; steps < CLEAR_STEPS; steps++) {
      const id = this.#newest(search);
      if (id === NONE) return { status: "NONE" };
      if (this.#isAlive(id, now)) {
        const { count, newest, sources } = this.#picker.pick(id, search, now);
        const digest = this.#digest;
        this.#table.readDigest(id, digest);
        return { status: "FOUND", count, digest, newest, sources };
      }
      this.#free(id);
    }
    return { status: "BUSY" };
  }

  list({ cursor, filter, take, turn }: List, now: number): ListPage {
    const from = this.#cursors.decode(cursor);
    const known = this.#owners.registrations;
    const empty = known === 0;
    if (!from || from.position > this.#table.limit) {
      return { status: "BAD_CURSOR", count: known, cursor, empty };
    }
    let { position, count } = from;
    const { limit } = this.#table;
    const page = (): ListPage => ({
      status: "DONE",
      count: filter ? count : known,
      cursor: position < limit
        ? this.#cursors.encode({ position, count })
        : this.#cursors.end(),
      empty,
    });
    for (let budget = LIST_BUDGET; position < limit && budget > 0; position++) {
      budget -= EMPTY_COST;
      if (!this.#isAlive(position, now)) continue;
      const peer = this.#table.peer(position);
      const name = this.#table.name(position);
      budget -= LOOK_COST + (filter ? filter.cost * name.length : 0);
      if (filter && !filter.matches(peer, name)) continue;
      budget -= SHOW_COST;
      const entry = { peer, name, ...this.#place(position) };
      if (!take(entry) && !(turn?.(page()) && take(entry))) break;
      count++;
    }
    return page();
  }

  owners({ cursor, take }: OwnerList, now: number): ListPage {
    const count = this.#owners.alive;
    const empty = count === 0;
    const { limit } = this.#owners;
    let { position } = this.#cursors.decode(cursor) ?? { position: limit + 1 };
    if (position > limit) return { status: "BAD_CURSOR", count, cursor, empty };
    for (let budget = LIST_BUDGET; position < limit && budget > 0; position++) {
      budget -= EMPTY_COST;
      const owner = this.#owners.at(position, now);
      if (!owner) continue;
      budget -= LOOK_COST;
      const { address, port, held: registrations, leaseEnd, key } = owner;
      const peer = owner.first === NONE
        ? undefined
        : this.#table.peer(owner.first);
      if (!take({ peer, address, port, registrations, leaseEnd, key })) break;
    }
    const next = position < limit
      ? this.#cursors.encode({ position, count: 0 })
      : this.#cursors.end();
    return { status: "DONE", count, cursor: next, empty };
  }

  sweep(now: number): boolean {
    const steps = { left: SWEEP_STEPS };
    this.#owners.expire(now, steps);
    while (steps.left-- > 0) {
      const id = this.#owners.firstGone();
      if (id === NONE) return false;
      this.#free(id);
    }
    return true;
  }

  counts(): StoreCounts {
    const { registrations, alive: owners, expired } = this.#owners;
    return { registrations, owners, expired };
  }

  #isAlive(id: number, now: number): boolean {
    const number = this.#table.owner(id);
    return number !== NONE && this.#owners.holder(number).isAlive(now);
  }

  #free(id: number, asked = false): void {
    this.#journal.removing(id, asked);
    const number = this.#table.owner(id);
    this.#table.remove(id, this.#owners.numbered(number));
    this.#owners.lose(number);
  }

  #newest({ name, digest }: Search): number {
    if (!digest) return name ? this.#table.newestOf(name) : NONE;
    if (!name) {
      const found = this.#table.findDigest(digest);
      return found && this.#table.digestSources.newest(found);
    }
    const offer = this.#table.findOffer(name, digest);
    return offer && this.#table.offerSources.newest(offer);
  }

  #source(id: number, { name }: Search): Source {
    const owner = this.#owners.holder(this.#table.owner(id));
    const { size, exponent, modified, partial } = this.#table.shape(id);
    return {
      peer: this.#table.peer(id),
      name: name ? undefined : this.#table.name(id),
      address: owner.address,
      port: this.#portOf(id),
      size,
      leaseEnd: owner.leaseEnd,
      exponent,
      modified,
      partial,
      key: owner.key,
    };
  }

  #place(id: number): Omit<Registration, "peer" | "name"> {
    const { address, leaseEnd } = this.#owners.holder(this.#table.owner(id));
    const size = this.#table.size(id);
    return { address, port: this.#portOf(id), size, leaseEnd };
  }

  /** What the owner took over from its endpoint and renews is its own. */
  #adopt(id: number, owner: Owner): void {
    const number = this.#table.owner(id);
    if (number === owner.id) return;
    this.#table.adopt(id, this.#owners.numbered(number), owner);
    this.#owners.adopt(number, owner);
  }

  /** A hello after the registration says where the content server is now. */
  #portOf(id: number): number {
    const owner = this.#owners.numbered(this.#table.owner(id));
    const { heir, heirStamp } = owner;
    if (heir && heir.stamp !== heirStamp) return heir.port;
    return owner.port === 0 || this.#table.stamp(id) === owner.stamp
      ? this.#table.port(id)
      : owner.port;
  }
}

const FULL: RegisterResult = { status: "FULL" };
