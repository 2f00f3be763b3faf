/**
 * Ranges of addresses that share their first bits.
 *
 * @module
 */

import {
  type Address,
  ADDRESS_BYTES,
  isIpv4,
  parseAddress,
} from "../protocol/address.ts";

/** Addresses that have their first `prefix` bits, of 128, in common. */
export interface Subnet {
  /** Any address in it. */
  readonly address: Address;
  /** How many bits, from the first: 0 to 128, for IPv4 96 more than usual. */
  readonly prefix: number;
}

/**
 * Reads a subnet as text, as the system gives it.
 *
 * @returns `undefined` where the text is none.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { parseAddress } from "../protocol/address.ts";
 * import { inSubnet, parseSubnet } from "./subnet.ts";
 *
 * const subnet = parseSubnet("192.0.2.7/24")!;
 * assert(inSubnet(parseAddress("192.0.2.200")!, subnet));
 * assert(!inSubnet(parseAddress("192.0.3.200")!, subnet));
 * ```
 */
export function parseSubnet(text: string): Subnet | undefined {
  const [before, bits, ...rest] = text.split("/");
  const address = parseAddress(before!);
  if (!address || !bits || rest.length > 0 || !/^\d{1,3}$/.test(bits)) {
    return undefined;
  }
  const prefix = Number(bits) + (isIpv4(address) ? IPV4_PREFIX : 0);
  return prefix <= ADDRESS_BYTES * 8 ? { address, prefix } : undefined;
}

/** Whether an address lies in a subnet. */
export function inSubnet(address: Address, subnet: Subnet): boolean {
  const whole = subnet.prefix >> 3;
  for (let i = 0; i < whole; i++) {
    if (address[i] !== subnet.address[i]) return false;
  }
  const rest = 8 - (subnet.prefix & 7);
  return rest === 8 ||
    address[whole]! >> rest === subnet.address[whole]! >> rest;
}

/** The bits before IPv4 inside an {@linkcode Address}. */
const IPV4_PREFIX = 96;
