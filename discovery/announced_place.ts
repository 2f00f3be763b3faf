/**
 * Where an index can be reached, and so where it is announced.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  parseAddress,
  sameAddress,
} from "../protocol/address.ts";
import {
  type Family,
  familyOf,
  type InterfaceFilter,
  type LinkInterface,
} from "./link.ts";

/** Where the index can be reached. */
export interface AnnouncedPlace {
  /** The interfaces to speak on. */
  readonly filter: InterfaceFilter;
  readonly families: readonly Family[];
  /** The one address that it listens on, where it is one. */
  readonly only: Address | undefined;
}

/** What is said of the place. */
export interface PlaceOptions {
  /** The address that the index listens on, `::` by default. */
  readonly hostname?: string | undefined;
  /** Names of interfaces, or addresses of them; all by default. */
  readonly interfaces?: readonly string[] | undefined;
  /** Whether this host's loopback is one; not by default. */
  readonly loopback?: boolean | undefined;
}

/**
 * Takes the address that an index listens on for the place to announce it.
 *
 * @throws {TypeError} Where it is no IP address.
 */
export function placeOf(
  { hostname = "::", interfaces, loopback = false }: PlaceOptions,
): AnnouncedPlace {
  const address = parseAddress(hostname);
  if (!address) {
    throw new TypeError(
      `Cannot announce the index at ${hostname}: expected an IP address`,
    );
  }
  const text = formatAddress(address);
  if (text === "::" || text === "0.0.0.0") {
    const families: Family[] = text === "::" ? ["IPv4", "IPv6"] : ["IPv4"];
    const filter = { families, interfaces, loopback };
    return { filter, families, only: undefined };
  }
  const families = [familyOf(address)];
  const filter = { families, interfaces: interfaces ?? [hostname], loopback };
  return { filter, families, only: address };
}

/** The addresses under which the index is reached on an interface. */
export function addressesOn(
  { addresses, guessed }: LinkInterface,
  { families, only }: AnnouncedPlace,
): Address[] {
  const own = addresses.filter((address) =>
    families.includes(familyOf(address)) &&
    (!only || sameAddress(address, only))
  );
  return guessed && only ? [only] : own.slice(0, MAX_ADDRESSES);
}

/** The most addresses that are announced on an interface. */
const MAX_ADDRESSES = 8;
