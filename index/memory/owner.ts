/**
 * An owner: who may renew and remove registrations, under one lease.
 *
 * @module
 */

import type { Address } from "../../protocol/address.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { Endpoint } from "../store.ts";
import { NONE } from "./slab.ts";

/** What one address holds. */
export interface AddressLoad {
  /** What counts as one address. */
  readonly prefix: string;
  /** Living registrations of its owners. */
  registrations: number;
  /** Owners there. */
  owners: number;
}

/** An owner as the memory store keeps it. */
export class Owner {
  /** Its number, which registrations refer to. */
  readonly id: number;
  /** Its key; without, its endpoint is all that it is known by. */
  key: PublicKey | undefined;
  /** Where its session is; none where another owner's took its place. */
  session: Endpoint | undefined;
  /** Where it was last seen: the address of its registrations. */
  address: Address;
  /** What its address holds. */
  load: AddressLoad;
  /** The TCP port that its last hello gave, 0 before any did. */
  port = 0;
  /** Counts the changes of `port`: registrations with an older count follow it. */
  stamp = 0;
  /** Whether some were registered with another port since. */
  otherPorts = false;
  /** The lease that it was granted, in milliseconds. */
  leaseMs: number;
  /** When that runs out, in milliseconds since 1970. */
  leaseEnd: number;
  /** Living registrations: its own and those of the owners that it took over. */
  held = 0;
  /** Registrations that name it by its own number. */
  own = 0;
  /** The first of those. */
  first = NONE;
  /** Who took it over: an endpoint's owner turns into that of a key. */
  heir: Owner | undefined;
  /** The heir's stamp at that time: with a newer one, its port counts. */
  heirStamp = 0;
  /** Whom it took over and who still have registrations of their own number. */
  readonly taken: Set<Owner> = new Set();
  /** Whether all that it has is dead. */
  gone = false;
  /** Its place in the calendar of leases. */
  due: number = -1;
  /** Its neighbours there. */
  dueBefore: Owner | undefined;
  dueAfter: Owner | undefined;

  constructor(
    id: number,
    { from, load, leaseMs, leaseEnd }: {
      from: Pick<Endpoint, "address">;
      load: AddressLoad;
      leaseMs: number;
      leaseEnd: number;
    },
  ) {
    this.id = id;
    this.address = from.address;
    this.load = load;
    this.leaseMs = leaseMs;
    this.leaseEnd = leaseEnd;
  }

  /** Whether its registrations are to be seen. */
  isAlive(now: number): boolean {
    return !this.gone && this.leaseEnd > now;
  }
}

/** An owner as it was kept. */
export interface SavedOwner {
  /** Where it was last seen. */
  readonly from: Pick<Endpoint, "address" | "prefix">;
  readonly key: PublicKey | undefined;
  readonly session: Endpoint | undefined;
  readonly heir: Owner | undefined;
  readonly leaseMs: number;
  readonly leaseEnd: number;
  readonly rest: Pick<Owner, "port" | "stamp" | "otherPorts" | "heirStamp">;
}
