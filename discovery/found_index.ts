/**
 * The indexes found, and which of an index's addresses is tried first.
 *
 * @module
 */

import { type Address, isIpv4, isLoopback } from "../protocol/address.ts";
import {
  hostnameOn,
  isKnownOnLink,
  isLinkLocalIpv6,
  type LinkInterface,
} from "./link.ts";
import type { ServiceOffer } from "./service_offer.ts";

/** An index on the local network. It is what it says only once it has answered. */
export interface FoundIndex {
  /** What people see. */
  readonly instance: string;
  /** Its best address, as sockets take it: link-local IPv6 has its zone. */
  readonly hostname: string;
  /** Its UDP port. */
  readonly port: number;
  /** All its addresses, best first. */
  readonly hostnames: readonly string[];
  /** What it says of itself: `v` is the version of the protocol. */
  readonly txt: Readonly<Record<string, string>>;
  /** The interface that it was first heard on. */
  readonly interface: string;
}

/** The most addresses that are kept of one index. */
const MAX_HOSTNAMES = 16;

/** Indexes as they are heard of, on several interfaces and more than once. */
export class FoundIndexes {
  readonly #found = new Map<string, Candidate>();
  readonly #most: number;

  /** Keeps at most `most` of them: the first. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many there are. */
  get size(): number {
    return this.#found.size;
  }

  /** Adds what was offered on an interface. */
  add(offer: ServiceOffer, on: LinkInterface): void {
    const { instance, port } = offer;
    const key = `${port} ${instance}`;
    let candidate = this.#found.get(key);
    if (!candidate) {
      if (this.#found.size >= this.#most) return;
      candidate = { offer, on, ranks: new Map() };
      this.#found.set(key, candidate);
    }
    for (const address of offer.addresses) {
      const { ranks } = candidate;
      const hostname = hostnameOn(on, address);
      const rank = rankOf(address, on);
      const known = ranks.get(hostname);
      if (known === undefined && ranks.size >= MAX_HOSTNAMES) continue;
      ranks.set(hostname, Math.min(rank, known ?? rank));
    }
  }

  /** The indexes in the order they were heard of. */
  list(): FoundIndex[] {
    return [...this.#found.values()].map(({ offer, on, ranks }) => {
      const hostnames = [...ranks].sort(([, a], [, b]) => a - b)
        .map(([hostname]) => hostname);
      return {
        instance: offer.instance,
        hostname: hostnames[0]!,
        port: offer.port,
        hostnames,
        txt: Object.fromEntries(offer.txt),
        interface: on.name,
      };
    });
  }
}

interface Candidate {
  readonly offer: ServiceOffer;
  readonly on: LinkInterface;
  /** What speaks for each address: the lower, the better. */
  readonly ranks: Map<string, number>;
}

// IPv4 first, because a source that registers over it can be reached by every
// peer; a link-local IPv6 address last, because it means nothing without the
// zone, which is each host's own.
function rankOf(address: Address, on: LinkInterface): number {
  if (isLoopback(address)) return 0;
  if (isIpv4(address)) return isKnownOnLink(on, address) ? 1 : 2;
  return isLinkLocalIpv6(address) ? 4 : 3;
}
