/**
 * Who sent a datagram, as the policy sees it: the same for every way in which a
 * socket writes an address.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isIpv4,
  isLoopback,
  parseAddress,
} from "../protocol/address.ts";
import type { Endpoint } from "./store.ts";

/** Hosts that are kept at most: what was parsed before is not parsed again. */
const MAX_HOSTS = 8_192;

/** Senders that are kept at most: what was worked out for them stays known. */
const SENDERS = 4_096;

/** A host that datagrams came from. */
interface Host {
  /** As the socket writes it. */
  readonly hostname: string;
  readonly address: Address;
  readonly text: string;
  readonly prefix: string;
  /** Where its senders are, among those that are kept. */
  readonly place: number;
}

/** The source of a datagram. */
export class Sender implements Endpoint {
  readonly address: Address;
  readonly port: number;
  readonly key: string;
  readonly prefix: string;
  /** The same, as a socket takes it. */
  readonly to: Deno.NetAddr;
  /** The token that it is to use, once one was made for `tokenSlot`. */
  token = 0n;
  /** Its halves, as fields of 32 bits are read. */
  tokenHigh = 0;
  tokenLow = 0;
  tokenSlot = -1;
  /** Keyed hash over address and port, once `isMarked`. */
  markHigh = 0;
  markLow = 0;
  isMarked = false;

  constructor({ address, text, prefix, hostname }: Host, port: number) {
    this.address = address;
    this.port = port;
    // What a socket gives with a datagram is slower to read than this.
    this.to = { transport: "udp", hostname, port };
    this.key = `${text} ${port}`;
    this.prefix = prefix;
  }
}

/** Turns what a socket says of a sender into a {@linkcode Sender}. */
export class SenderTable {
  readonly #hosts = new Map<string, Host>();
  #lastName = "";
  #lastHost: Host | undefined;
  /** Each place holds whoever was there last. */
  readonly #senders: (Sender | undefined)[] = Array(SENDERS).fill(undefined);

  /**
   * @param hostname The source address, as the socket writes it.
   * @param port The source port.
   * @returns The sender, or `undefined` where nobody can be answered there.
   */
  sender(hostname: string, port: number): Sender | undefined {
    if (port < 1 || port > 65_535) return undefined;
    const host = hostname === this.#lastName
      ? this.#lastHost
      : this.#hosts.get(hostname) ?? this.#add(hostname);
    if (!host) return undefined;
    this.#lastName = hostname;
    this.#lastHost = host;
    const place = (host.place + port) % SENDERS;
    const last = this.#senders[place];
    if (last && last.port === port && last.address === host.address) {
      return last;
    }
    return this.#senders[place] = new Sender(host, port);
  }

  #add(hostname: string): Host | undefined {
    const address = parseAddress(hostname);
    if (!address) return undefined;
    const host = {
      hostname,
      address,
      text: formatAddress(address),
      prefix: addressPrefix(address),
      place: this.#hosts.size * 61,
    };
    if (this.#hosts.size >= MAX_HOSTS) this.#hosts.clear();
    this.#hosts.set(hostname, host);
    return host;
  }
}

/** What counts as one address for limits: IPv4 itself, IPv6 its /64. */
export function addressPrefix(address: Address): string {
  // One customer has a whole /64 of IPv6 and may send from all of it.
  if (isIpv4(address) || isLoopback(address)) return formatAddress(address);
  const network = address.slice();
  network.fill(0, 8);
  return `${formatAddress(network as Address)}/64`;
}
