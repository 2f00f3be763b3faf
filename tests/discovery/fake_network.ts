/**
 * Networks in memory: hosts on segments, and everything that was sent.
 *
 * @module
 */

import type {
  InterfaceFilter,
  Link,
  LinkInterface,
  LinkSender,
  Network,
  OpenLinkOptions,
} from "../../discovery/link.ts";
import { MDNS_PORT } from "../../discovery/link.ts";
import {
  guessedInterfaces,
  type InterfaceEntry,
  listedInterfaces,
} from "../../discovery/network_interfaces.ts";
import { sameAddress } from "../../protocol/address.ts";
import { address } from "./vectors.ts";

/** A datagram that was sent. */
export interface SentDatagram {
  readonly bytes: Uint8Array;
  readonly from: LinkSender;
  /** The one host that it was for; left out where it was for all. */
  readonly to?: LinkSender | undefined;
}

/** What hosts are joined by. */
export class FakeSegment {
  /** Everything that was sent on it. */
  readonly sent: SentDatagram[] = [];
  /** How many of the next ones get lost. */
  lost = 0;
  readonly #links = new Set<FakeLink>();

  /** Lets a stranger send. */
  inject(datagram: SentDatagram): void {
    this.sent.push(datagram);
    if (this.lost > 0) {
      this.lost--;
      return;
    }
    const { bytes, from } = datagram;
    for (const link of this.#links) {
      if (!link.takes(datagram)) continue;
      queueMicrotask(() => link.take(bytes.slice(), from));
    }
  }

  /** How many sockets are open on it. */
  get links(): number {
    return this.#links.size;
  }

  /** Breaks every socket on it. */
  breakAll(error: Error): void {
    for (const link of this.#links) link.fail(error);
  }

  add(link: FakeLink): void {
    this.#links.add(link);
  }

  remove(link: FakeLink): void {
    this.#links.delete(link);
  }
}

/** How a host is joined to a segment. */
export interface FakeInterface {
  readonly segment: FakeSegment;
  /** Addresses with their prefixes: `192.0.2.7/24`. */
  readonly addresses: readonly string[];
  /** Its number. */
  readonly scope: number;
  /** What opening a socket fails with. */
  readonly broken?: Error | undefined;
}

/** A host. Its interfaces may change while it runs. */
export class FakeHost implements Network {
  interfacesByName: Record<string, FakeInterface>;
  /** Whether the program may list the interfaces. */
  listed = true;
  #nextPort = 40_000;

  constructor(interfaces: Record<string, FakeInterface>) {
    this.interfacesByName = interfaces;
  }

  interfaces(filter: InterfaceFilter): LinkInterface[] {
    if (!this.listed) return guessedInterfaces(filter);
    const entries = Object.entries(this.interfacesByName).flatMap((
      [name, { addresses, scope }],
    ) =>
      addresses.map((cidr): InterfaceEntry => ({
        name,
        cidr,
        address: cidr.split("/")[0]!,
        scopeid: cidr.startsWith("fe80") ? scope : null,
      }))
    );
    return listedInterfaces(entries, filter);
  }

  async open(on: LinkInterface, options: OpenLinkOptions): Promise<Link> {
    await Promise.resolve();
    const found = Object.values(this.interfacesByName).find(({ scope }, i) =>
      on.family === "IPv6" ? on.zone === `${scope}` : i === 0
    );
    const used = this.interfacesByName[on.name] ?? found;
    const own = used?.addresses.map((cidr) => address(cidr.split("/")[0]!))
      .find((own) =>
        on.address ? sameAddress(own, on.address) : own[0] === 0xfe ===
          (on.family === "IPv6")
      );
    if (!used || !own) {
      throw new Error(`Cannot listen on ${on.name} over ${on.family}: gone`);
    }
    if (used.broken) throw used.broken;
    const port = options.kind === "group" ? MDNS_PORT : this.#nextPort++;
    return new FakeLink(used.segment, {
      ...options,
      from: { address: own, port },
    });
  }
}

class FakeLink implements Link {
  readonly #segment: FakeSegment;
  readonly #options: OpenLinkOptions & { from: LinkSender };
  closed = 0;

  constructor(
    segment: FakeSegment,
    options: OpenLinkOptions & { from: LinkSender },
  ) {
    this.#segment = segment;
    this.#options = options;
    segment.add(this);
  }

  get port(): number {
    return this.#options.from.port;
  }

  takes({ to, from }: SentDatagram): boolean {
    const { kind, from: own } = this.#options;
    if (to) {
      return to.port === own.port && sameAddress(to.address, own.address);
    }
    return kind === "group" && (from.address[0] === own.address[0]);
  }

  take(bytes: Uint8Array, from: LinkSender): void {
    if (!this.closed) this.#options.take(bytes, from);
  }

  fail(error: Error): void {
    this.#options.fail(error);
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#send({ bytes, from: this.#options.from });
  }

  sendTo(bytes: Uint8Array, to: LinkSender): Promise<void> {
    return this.#send({ bytes, from: this.#options.from, to });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closed++;
    this.#segment.remove(this);
    return Promise.resolve();
  }

  async #send(datagram: SentDatagram): Promise<void> {
    await Promise.resolve();
    if (this.closed) throw new Error("Cannot send: the socket is closed");
    this.#segment.inject({ ...datagram, bytes: datagram.bytes.slice() });
  }
}
