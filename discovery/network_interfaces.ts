/**
 * The interfaces that multicast DNS can be spoken on. Listing them takes a
 * permission that a server or a peer may be run without: then those are tried
 * that can be guessed.
 *
 * @module
 */

import {
  type Address,
  isIpv4,
  isLoopback,
  parseAddress,
  sameAddress,
} from "../protocol/address.ts";
import {
  type Family,
  type InterfaceFilter,
  isLinkLocalIpv6,
  type LinkInterface,
} from "./link.ts";
import { parseSubnet, type Subnet } from "./subnet.ts";

/** What the runtime says of one address of an interface. */
export type InterfaceEntry = Pick<
  Deno.NetworkInterfaceInfo,
  "name" | "address" | "cidr" | "scopeid"
>;

/** The most interfaces that are spoken on, a family of one counted as one. */
export const MAX_INTERFACES = 32;

/** The highest number of an interface that is tried where none are listed. */
export const GUESSED_ZONES = 32;

/**
 * The interfaces at this moment: all of them where the program may list them
 * (`--allow-sys=networkInterfaces`), else those that can be guessed. It never
 * asks the user for the permission.
 */
export function networkInterfaces(filter: InterfaceFilter): LinkInterface[] {
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  return state === "granted"
    ? listedInterfaces(Deno.networkInterfaces(), filter)
    : guessedInterfaces(filter);
}

/**
 * Sorts what the runtime lists into interfaces. Loopback has IPv4 only, and an
 * interface without a link-local address no IPv6: multicast goes nowhere there.
 */
export function listedInterfaces(
  entries: readonly InterfaceEntry[],
  { families = FAMILIES, interfaces, loopback = false }: InterfaceFilter = {},
): LinkInterface[] {
  const byName = Map.groupBy(entries, ({ name }) => name);
  const found: LinkInterface[] = [];
  for (const [name, ofName] of byName) {
    const own = ofName.flatMap(readEntry);
    const addresses = own.map(({ address }) => address);
    const isLocal = addresses.some(isLoopback);
    if (isLocal && !loopback) continue;
    if (interfaces && !isWanted(name, { addresses, wanted: interfaces })) {
      continue;
    }
    const ipv4 = own.filter(({ address }) => isIpv4(address));
    if (ipv4.length > 0 && families.includes("IPv4")) {
      found.push({
        name,
        family: "IPv4",
        address: ipv4[0]!.address,
        zone: undefined,
        addresses,
        subnets: ipv4.flatMap(({ subnet }) => subnet ?? []),
        guessed: false,
      });
    }
    const ipv6 = own.filter(({ address }) => !isIpv4(address));
    const linkLocal = ipv6.find(({ address }) => isLinkLocalIpv6(address));
    if (linkLocal?.scope && !isLocal && families.includes("IPv6")) {
      found.push({
        name,
        family: "IPv6",
        address: linkLocal.address,
        zone: String(linkLocal.scope),
        addresses,
        subnets: ipv6.flatMap(({ subnet }) => subnet ?? []),
        guessed: false,
      });
    }
  }
  return found.slice(0, MAX_INTERFACES);
}

/**
 * The interfaces that can be tried without a list: over IPv4 the one that the
 * system chooses, or one whose address is given; over IPv6 the first numbers,
 * as interfaces are counted from 1, or one whose number is given as the zone of
 * an address.
 */
export function guessedInterfaces(
  { families = FAMILIES, interfaces, loopback = false }: InterfaceFilter = {},
): LinkInterface[] {
  const found: LinkInterface[] = [];
  if (families.includes("IPv4")) {
    if (!interfaces) found.push(guessIpv4("default route"));
    for (const text of interfaces ?? []) {
      const address = parseAddress(text);
      if (!address || !isIpv4(address) || isLoopback(address)) continue;
      found.push(guessIpv4(text, address));
    }
    if (loopback) found.push(LOOPBACK);
  }
  if (families.includes("IPv6")) {
    const zones = interfaces?.flatMap(zoneOf) ?? FIRST_ZONES;
    for (const zone of zones) {
      found.push({
        name: `interface ${zone}`,
        family: "IPv6",
        address: undefined,
        zone,
        addresses: [],
        subnets: [],
        guessed: true,
      });
    }
  }
  return found;
}

const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

const FIRST_ZONES = Array.from({ length: GUESSED_ZONES }, (_, i) => `${i + 1}`);

const LOCALHOST = parseAddress("127.0.0.1")!;

const LOOPBACK: LinkInterface = {
  name: "loopback",
  family: "IPv4",
  address: LOCALHOST,
  zone: undefined,
  addresses: [LOCALHOST],
  subnets: [parseSubnet("127.0.0.0/8")!],
  guessed: false,
};

function guessIpv4(name: string, address?: Address): LinkInterface {
  return {
    name,
    family: "IPv4",
    address,
    zone: undefined,
    addresses: address ? [address] : [],
    subnets: [],
    guessed: true,
  };
}

/** The number of an interface that is the zone of an address. */
function zoneOf(text: string): string[] {
  const zone = text.match(/%([1-9]\d{0,8})$/)?.[1];
  return zone !== undefined && parseAddress(text) ? [zone] : [];
}

function isWanted(
  name: string,
  { addresses, wanted }: {
    addresses: readonly Address[];
    wanted: readonly string[];
  },
): boolean {
  return wanted.some((text) => {
    if (text === name) return true;
    const address = parseAddress(text);
    return address !== undefined &&
      addresses.some((own) => sameAddress(own, address));
  });
}

interface OwnAddress {
  readonly address: Address;
  readonly subnet: Subnet | undefined;
  readonly scope: number | null;
}

function readEntry(entry: InterfaceEntry): OwnAddress[] {
  const address = parseAddress(entry.address);
  if (!address) return [];
  return [{ address, subnet: parseSubnet(entry.cidr), scope: entry.scopeid }];
}
