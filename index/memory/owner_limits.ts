/**
 * How many owners there may be, how much each may hold, and where.
 *
 * @module
 */

import type { StoreLimits } from "../limits.ts";
import type { AddressLoad, Owner } from "./owner.ts";

/** The limits of owners. */
export class OwnerLimits {
  readonly #limits: StoreLimits;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  /** Whether one more owner may come to an address. */
  mayEnroll(alive: number, load: AddressLoad): boolean {
    const { maxOwners, maxOwnersPerAddress } = this.#limits;
    return alive < maxOwners && load.owners < maxOwnersPerAddress;
  }

  /** Whether an owner may register one more. */
  mayGain({ held, load }: Owner): boolean {
    const { maxPerOwner, maxPerAddress } = this.#limits;
    return held < maxPerOwner && load.registrations < maxPerAddress;
  }

  /**
   * Whether an owner may go to an address with all that it holds.
   *
   * @param joining Whoever is there already and becomes a part of the owner.
   */
  mayMove(
    owner: Owner,
    { to, joining }: { to: AddressLoad; joining: Owner | undefined },
  ): boolean {
    const { maxPerOwner, maxPerAddress, maxOwnersPerAddress } = this.#limits;
    const more = joining?.held ?? 0;
    if (more > 0 && owner.held + more > maxPerOwner) return false;
    if (owner.load.prefix === to.prefix) return true;
    return (joining !== undefined || to.owners < maxOwnersPerAddress) &&
      to.registrations + owner.held <= maxPerAddress;
  }
}
