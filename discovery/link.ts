/**
 * What discovery needs of a network: the interfaces it can speak on, and a
 * socket on one of them. The real one is in `multicast_network.ts`; a simulated
 * one has no more.
 *
 * @module
 */

import { type Address, formatAddress, isIpv4 } from "../protocol/address.ts";
import { inSubnet, type Subnet } from "./subnet.ts";

/** A version of the Internet protocol. */
export type Family = "IPv4" | "IPv6";

/** The port of multicast DNS. */
export const MDNS_PORT = 5353;

/** Where multicast DNS is spoken (RFC 6762, section 3): no router passes it on. */
export const MDNS_GROUP: Readonly<Record<Family, string>> = {
  IPv4: "224.0.0.251",
  IPv6: "ff02::fb",
};

/** One family on one network interface. */
export interface LinkInterface {
  /** What the system calls it, or what is known of it. */
  readonly name: string;
  /** What is spoken there: an interface with both is two of these. */
  readonly family: Family;
  /** This host's own address there in this family, where known. */
  readonly address: Address | undefined;
  /** Its number, by which IPv6 tells its link-local addresses from others'. */
  readonly zone: string | undefined;
  /** This host's addresses there in both families, as far as known. */
  readonly addresses: readonly Address[];
  /** What is reached there without a router, as far as known. */
  readonly subnets: readonly Subnet[];
  /** Whether it may not exist: without permission to list them, it is tried. */
  readonly guessed: boolean;
}

/** Who sent a datagram. */
export interface LinkSender {
  /** The address that it came from. */
  readonly address: Address;
  /** The port that it came from; an answer goes there. */
  readonly port: number;
}

/** Takes a datagram in. The bytes are the taker's to keep. */
export type TakeLinkDatagram = (bytes: Uint8Array, from: LinkSender) => void;

/** A socket on one interface. */
export interface Link extends AsyncDisposable {
  /** Its own port. */
  readonly port: number;
  /** Sends to all that listen on the interface. */
  send(bytes: Uint8Array): Promise<void>;
  /** Sends to one host on the interface. */
  sendTo(bytes: Uint8Array, to: LinkSender): Promise<void>;
}

/** How a socket is opened. */
export interface OpenLinkOptions {
  /**
   * `group` listens, and sends from port 5353, beside other programs that do;
   * `asker` has a port of its own, at which only answers to it arrive.
   */
  readonly kind: "group" | "asker";
  /** Called with each datagram that comes in. */
  readonly take: TakeLinkDatagram;
  /** Called when the socket fails while it is open. */
  readonly fail: (error: Error) => void;
}

/** Which interfaces are wanted. */
export interface InterfaceFilter {
  /** Both by default. */
  readonly families?: readonly Family[] | undefined;
  /** Names of interfaces or addresses of them; all by default. */
  readonly interfaces?: readonly string[] | undefined;
  /** Whether this host's loopback is one; it is not by default. */
  readonly loopback?: boolean | undefined;
}

/** A network to discover on. */
export interface Network {
  /** The interfaces at this moment. */
  interfaces(filter: InterfaceFilter): LinkInterface[];
  /** Opens a socket on one of them. */
  open(on: LinkInterface, options: OpenLinkOptions): Promise<Link>;
}

/** Whether an address belongs to IPv4 or IPv6. */
export function familyOf(address: Address): Family {
  return isIpv4(address) ? "IPv4" : "IPv6";
}

/** Whether an IPv6 address is valid on its own link only: `fe80::/10`. */
export function isLinkLocalIpv6(address: Address): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

/** Whether an address is known to be reached on this interface without a router. */
export function isKnownOnLink(on: LinkInterface, address: Address): boolean {
  if (familyOf(address) === "IPv6" && isLinkLocalIpv6(address)) {
    return on.family === "IPv6";
  }
  return on.subnets.some((subnet) => inSubnet(address, subnet));
}

/**
 * Whether a datagram from this address may have been sent on this interface. A
 * socket also takes in what was sent to the group on another interface.
 */
export function mayBeOnLink(on: LinkInterface, address: Address): boolean {
  if (familyOf(address) !== on.family) return false;
  return on.subnets.length === 0 || isKnownOnLink(on, address);
}

/** Writes an address as sockets take it, with the zone where it needs one. */
export function hostnameOn(on: LinkInterface, address: Address): string {
  const text = formatAddress(address);
  return on.zone !== undefined && isLinkLocalIpv6(address)
    ? `${text}%${on.zone}`
    : text;
}
