/**
 * How much each address holds.
 *
 * @module
 */

import type { AddressLoad } from "./owner.ts";
import { ShardedMap } from "./sharded_map.ts";

/** The loads of all addresses at which there are owners. */
export class AddressLoads {
  readonly #loads = new ShardedMap<AddressLoad>();

  /** The load of an address; where nobody is, one that nobody has joined. */
  of(prefix: string): AddressLoad {
    return this.#loads.get(prefix) ?? { prefix, registrations: 0, owners: 0 };
  }

  /** Counts an owner that comes with so many registrations. */
  join(load: AddressLoad, registrations = 0): void {
    load.registrations += registrations;
    if (load.owners++ === 0) this.#loads.set(load.prefix, load);
  }

  /** Counts an owner that goes with so many registrations. */
  leave(load: AddressLoad, registrations: number): void {
    load.registrations -= registrations;
    if (--load.owners === 0) this.#loads.delete(load.prefix);
  }
}
