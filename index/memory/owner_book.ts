/**
 * Who owns what is registered: owners by key and by endpoint, their sessions
 * and leases. It knows nothing of what they registered but how much it is.
 *
 * @module
 */

import type { PublicKey } from "../../protocol/key.ts";
import type { StoreLimits } from "../limits.ts";
import type { Endpoint, OpenSession, SessionResult } from "../store.ts";
import { AddressLoads } from "./address_loads.ts";
import { Calendar } from "./calendar.ts";
import type { OwnerJournal } from "./journal.ts";
import { Owner, type SavedOwner } from "./owner.ts";
import { OwnerLimits } from "./owner_limits.ts";
import { OwnerLookup } from "./owner_lookup.ts";
import { NONE } from "./slab.ts";

/** Owners, sessions and leases in memory. */
export class OwnerBook {
  /** How far all that may grow. */
  readonly limits: OwnerLimits;
  readonly #calendar: Calendar;
  readonly #lookup = new OwnerLookup();
  readonly #loads = new AddressLoads();
  readonly #journal: OwnerJournal;
  /** By number; what is free holds `undefined`, number 0 is nobody's. */
  readonly #owners: (Owner | undefined)[] = [undefined];
  readonly #free: number[] = [];
  /** Those whose registrations are dead and wait to be freed. */
  readonly #gone: Owner[] = [];
  #alive = 0;
  #expired = 0;
  #registrations = 0;

  constructor(
    limits: StoreLimits,
    { now, journal }: { now: number; journal: OwnerJournal },
  ) {
    this.limits = new OwnerLimits(limits);
    this.#journal = journal;
    this.#calendar = new Calendar(now);
  }

  /** Owners that live, as far as the calendar has been looked at. */
  get alive(): number {
    return this.#alive;
  }

  /** Owners whose lease has run out since the start. */
  get expired(): number {
    return this.#expired;
  }

  /** Their registrations. */
  get registrations(): number {
    return this.#registrations;
  }

  /** One more than the highest number that any owner has. */
  get limit(): number {
    return this.#owners.length;
  }

  /** The owner with this number that lives and was taken over by nobody. */
  at(id: number, now: number): Owner | undefined {
    const owner = this.#owners[id];
    return owner && !owner.heir && owner.isAlive(now) ? owner : undefined;
  }

  /** The owner with this number, whoever may have taken it over. */
  numbered(id: number): Owner {
    return this.#owners[id]!;
  }

  /** Whom a registration with this number in it belongs to now. */
  holder(id: number): Owner {
    const owner = this.#owners[id]!;
    return owner.heir ?? owner;
  }

  /** The living owner that an endpoint acts for. */
  actingFor(from: Endpoint, now: number): Owner | undefined {
    return this.#living(this.#lookup.at(from), now);
  }

  /** The living owner that has a key. */
  withKey(key: PublicKey, now: number): Owner | undefined {
    return this.#living(this.#lookup.withKey(key), now);
  }

  /** Opens or renews a session. */
  open(request: OpenSession, now: number): SessionResult {
    const { from, key } = request;
    const acting = this.actingFor(from, now);
    if (!key && acting?.key) return { status: "KEYED" };
    let owner = key ? this.withKey(key, now) : acting;
    if (owner && owner !== acting) {
      if (request.repeated && owner.session) {
        return { status: "DONE", held: owner.held };
      }
      const to = this.#loads.of(from.prefix);
      const joining = acting?.key ? undefined : acting;
      if (!this.limits.mayMove(owner, { to, joining })) return FULL;
      this.#move(owner, from, acting);
    } else if (!owner && key && acting && !acting.key) {
      owner = acting;
      this.#claim(owner, key);
    } else if (!owner) {
      if (acting) this.#endSession(acting);
      owner = this.enroll(from, request.leaseMs, now);
      if (!owner) return FULL;
      if (key) this.#claim(owner, key);
    }
    if (request.port !== 0) this.#serveAt(owner, request.port);
    owner.leaseMs = request.leaseMs;
    this.renew(owner, now);
    return { status: "DONE", held: owner.held };
  }

  /** Makes an owner of an endpoint, or `undefined` where a limit is reached. */
  enroll(from: Endpoint, leaseMs: number, now: number): Owner | undefined {
    const load = this.#loads.of(from.prefix);
    if (!this.limits.mayEnroll(this.#alive, load)) return undefined;
    const id = this.#free.pop() ?? this.#owners.length;
    const leaseEnd = now + leaseMs;
    const owner = new Owner(id, { from, load, leaseMs, leaseEnd });
    this.#owners[id] = owner;
    this.#alive++;
    this.#loads.join(load);
    this.#lookup.seat(owner, from);
    this.#calendar.enter(owner);
    this.#journal.changed(owner);
    return owner;
  }

  /** Takes in an owner that a journal kept. */
  restore(saved: SavedOwner): Owner {
    const { key, session, heir } = saved;
    const load = this.#loads.of(saved.from.prefix);
    const owner = new Owner(this.#owners.length, { ...saved, load });
    this.#owners.push(Object.assign(owner, saved.rest));
    owner.heir = heir;
    heir?.taken.add(owner);
    if (heir) return owner;
    this.#alive++;
    this.#loads.join(load);
    if (session) this.#lookup.seat(owner, session);
    if (key) this.#lookup.claim(owner, key);
    this.#calendar.enter(owner);
    return owner;
  }

  /** Starts an owner's lease again. */
  renew(owner: Owner, now: number): void {
    const end = now + owner.leaseMs;
    const sooner = end < owner.leaseEnd;
    owner.leaseEnd = end;
    this.#journal.renewed(owner);
    if (!sooner) return;
    this.#calendar.strike(owner);
    this.#calendar.enter(owner);
  }

  /** Counts a registration of an owner's. */
  gain(owner: Owner): void {
    const holder = owner.heir ?? owner;
    owner.own++;
    holder.held++;
    holder.load.registrations++;
    this.#registrations++;
  }

  /** Counts that a registration, which has this owner's number, is no more. */
  lose(id: number): void {
    const owner = this.#owners[id]!;
    owner.own--;
    const holder = owner.heir ?? owner;
    if (!holder.gone) {
      holder.held--;
      holder.load.registrations--;
      this.#registrations--;
    }
    if (owner.own === 0) {
      if (owner.heir) owner.heir.taken.delete(owner);
      if (owner.heir || owner.gone) this.#discard(owner);
    }
  }

  /** Counts that a registration with this number is now the owner's own. */
  adopt(id: number, owner: Owner): void {
    const taken = this.#owners[id]!;
    owner.own++;
    if (--taken.own > 0) return;
    owner.taken.delete(taken);
    this.#discard(taken);
  }

  /** Lets go of an owner: from now on all that it registered is dead. */
  retire(owner: Owner): void {
    this.#calendar.strike(owner);
    this.#lookup.forget(owner);
    this.#alive--;
    this.#registrations -= owner.held;
    this.#loads.leave(owner.load, owner.held);
    owner.held = 0;
    owner.gone = true;
    this.#journal.retired(owner);
    for (const taken of owner.taken) this.#gone.push(taken);
    if (owner.own > 0) this.#gone.push(owner);
    else this.#discard(owner);
  }

  /** Retires owners whose lease has run out, within so many steps. */
  expire(now: number, steps: { left: number }): void {
    for (;;) {
      const owner = this.#calendar.takeDue(now, steps);
      if (!owner) return;
      this.#expired++;
      this.retire(owner);
    }
  }

  /** A registration that is dead and waits to be freed, or `NONE`. */
  firstGone(): number {
    for (;;) {
      const owner = this.#gone.at(-1);
      if (!owner) return NONE;
      if (owner.own > 0) return owner.first;
      this.#gone.pop();
    }
  }

  #living(owner: Owner | undefined, now: number): Owner | undefined {
    if (!owner || owner.isAlive(now)) return owner;
    this.#expired++;
    this.retire(owner);
    return undefined;
  }

  /** Moves an owner's session here, where another may have been. */
  #move(owner: Owner, from: Endpoint, acting: Owner | undefined): void {
    this.#endSession(owner);
    if (acting?.key) this.#endSession(acting);
    else if (acting) this.#inherit(owner, acting);
    this.#lookup.seat(owner, from);
    owner.address = from.address;
    this.#journal.changed(owner);
    if (owner.load.prefix === from.prefix) return;
    this.#loads.leave(owner.load, owner.held);
    owner.load = this.#loads.of(from.prefix);
    this.#loads.join(owner.load, owner.held);
  }

  /** From now on all that the owner has registered is served at this port. */
  #serveAt(owner: Owner, port: number): void {
    if (owner.port === port && !owner.otherPorts) return;
    owner.port = port;
    owner.otherPorts = false;
    owner.stamp = (owner.stamp + 1) & 0xffff;
    this.#journal.changed(owner);
  }

  /** What an endpoint registered before it showed a key becomes the key's. */
  #inherit(heir: Owner, acting: Owner): void {
    this.#calendar.strike(acting);
    this.#endSession(acting);
    this.#alive--;
    const { held } = acting;
    this.#loads.leave(acting.load, held);
    acting.held = 0;
    heir.held += held;
    heir.load.registrations += held;
    acting.heir = heir;
    acting.heirStamp = heir.stamp;
    this.#journal.changed(acting);
    heir.otherPorts ||= held > 0;
    if (acting.own > 0) heir.taken.add(acting);
    else this.#discard(acting);
  }

  #claim(owner: Owner, key: PublicKey): void {
    this.#lookup.claim(owner, key);
    this.#journal.changed(owner);
  }

  #endSession(owner: Owner): void {
    this.#lookup.unseat(owner);
    this.#journal.changed(owner);
  }

  #discard(owner: Owner): void {
    this.#journal.discarded(owner);
    this.#owners[owner.id] = undefined;
    this.#free.push(owner.id);
  }
}

const FULL: SessionResult = { status: "FULL" };
