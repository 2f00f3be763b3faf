/**
 * The addresses at which peers reach an index, as its operator gives them. A
 * peer writes into a hello that it signs where it sends it: so nobody who runs
 * another index can pass that hello on as if the peer had come here.
 *
 * @module
 */

import {
  type Address,
  isLoopback,
  parseAddress,
  sameAddress,
} from "../protocol/address.ts";
import { quote } from "../protocol/name.ts";

/** Tells a hello that was meant for this index from one that was not. */
export class KnownAddresses {
  readonly #addresses: readonly Address[];

  /**
   * @param texts The addresses, as text.
   * @throws {RangeError} Where one of them is none.
   */
  constructor(texts: readonly string[]) {
    this.#addresses = texts.map((text) => {
      const address = parseAddress(text);
      if (address) return address;
      throw new RangeError(
        `Cannot use ${
          quote(text)
        } for known-as: expected IPv4 or IPv6 addresses`,
      );
    });
  }

  /**
   * Whether a hello was meant for this index. On its own host peers may reach it
   * at the loopback, too, and nobody else can.
   *
   * @param address Where it says that it was sent.
   * @param sender Where it came from.
   */
  includes(address: Address, sender: Address): boolean {
    return isLoopback(address) && isLoopback(sender) ||
      this.#addresses.some((known) => sameAddress(known, address));
  }
}
