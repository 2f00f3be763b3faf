/**
 * Interfaces to test with.
 *
 * @module
 */

import type { LinkInterface } from "../../discovery/link.ts";
import { parseSubnet } from "../../discovery/subnet.ts";
import { address } from "./vectors.ts";

/** An Ethernet with IPv4, known in full. */
export const IPV4: LinkInterface = {
  name: "eth0",
  family: "IPv4",
  address: address("192.0.2.7"),
  zone: undefined,
  addresses: [address("192.0.2.7"), address("fe80::7")],
  subnets: [parseSubnet("192.0.2.7/24")!],
  guessed: false,
};

/** The same Ethernet with IPv6. */
export const IPV6: LinkInterface = {
  ...IPV4,
  family: "IPv6",
  address: address("fe80::7"),
  zone: "2",
  subnets: [parseSubnet("fe80::7/64")!, parseSubnet("2001:db8::7/64")!],
};

/** What is spoken on where nothing is known of it. */
export const UNKNOWN_IPV4: LinkInterface = {
  ...IPV4,
  name: "default route",
  address: undefined,
  addresses: [],
  subnets: [],
  guessed: true,
};
