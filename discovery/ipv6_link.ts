/**
 * A multicast socket over IPv6.
 *
 * It is `Deno.listenDatagram`'s: unlike `node:dgram` in this runtime, that takes
 * interfaces by number, and the number is in the zone of an address. It is
 * bound to the group on one interface, and takes only what is sent to the group
 * there. The runtime sends to a group with a hop limit of 1 and knows no other,
 * where RFC 6762, section 11, wants 255: receivers do not check it.
 *
 * @module
 */

import { parseAddress } from "../protocol/address.ts";
import { MESSAGE_BYTES_READ } from "./dns_message.ts";
import {
  hostnameOn,
  type Link,
  type LinkInterface,
  type LinkSender,
  MDNS_GROUP,
  MDNS_PORT,
  type OpenLinkOptions,
} from "./link.ts";

/**
 * Opens a socket on an interface.
 *
 * @throws {Error} Where the interface is not there, has no multicast, or the
 * port is taken by a program that does not share it.
 */
export async function openIpv6Link(
  on: LinkInterface,
  { kind, take, fail }: OpenLinkOptions,
): Promise<Link> {
  const group = `${MDNS_GROUP.IPv6}%${on.zone}`;
  if (kind === "asker") {
    const hostname = on.address ? hostnameOn(on, on.address) : "::";
    return new Ipv6Link(bind(hostname, 0), { on, group, take, fail });
  }
  // Windows binds to addresses of its own only.
  const hostname = Deno.build.os === "windows" ? "::" : group;
  const socket = bind(hostname, MDNS_PORT);
  try {
    await socket.joinMulticastV6(MDNS_GROUP.IPv6, Number(on.zone));
  } catch (error) {
    socket.close();
    throw error;
  }
  return new Ipv6Link(socket, { on, group, take, fail });
}

/** How often in a row receiving may fail before the socket counts as broken. */
const MAX_FAILURES = 100;

class Ipv6Link implements Link {
  readonly port: number;
  readonly #socket: Deno.DatagramConn;
  readonly #on: LinkInterface;
  readonly #group: string;
  readonly #received: Promise<void>;
  #closed = false;

  constructor(
    socket: Deno.DatagramConn,
    { on, group, take, fail }:
      & { on: LinkInterface; group: string }
      & Pick<OpenLinkOptions, "take" | "fail">,
  ) {
    this.#socket = socket;
    this.#on = on;
    this.#group = group;
    this.port = (socket.addr as Deno.NetAddr).port;
    this.#received = this.#receive({ take, fail });
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#send(bytes, { hostname: this.#group, port: MDNS_PORT });
  }

  sendTo(bytes: Uint8Array, { address, port }: LinkSender): Promise<void> {
    return this.#send(bytes, { hostname: hostnameOn(this.#on, address), port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) this.#socket.close();
    this.#closed = true;
    await this.#received;
  }

  async #send(
    bytes: Uint8Array,
    { hostname, port }: { hostname: string; port: number },
  ): Promise<void> {
    try {
      await this.#socket.send(bytes, { transport: "udp", hostname, port });
    } catch (error) {
      throw new Error(
        `Cannot send on ${this.#on.name} over IPv6: ` +
          (error instanceof Error ? error.message : String(error)),
        { cause: error },
      );
    }
  }

  async #receive(
    { take, fail }: Pick<OpenLinkOptions, "take" | "fail">,
  ): Promise<void> {
    // One byte more than a message may have, so that one too long shows itself.
    const buffer = new Uint8Array(MESSAGE_BYTES_READ + 1);
    for (let failures = 0; !this.#closed;) {
      try {
        const [bytes, from] = await this.#socket.receive(buffer);
        failures = 0;
        if (from.transport !== "udp") continue;
        const address = parseAddress(from.hostname);
        if (address) take(bytes.slice(), { address, port: from.port });
      } catch (error) {
        if (this.#closed) return;
        if (++failures < MAX_FAILURES) continue;
        return fail(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}

function bind(hostname: string, port: number): Deno.DatagramConn {
  return Deno.listenDatagram({
    transport: "udp",
    hostname,
    port,
    reuseAddress: port !== 0,
    // An index and a peer on one host find each other too.
    loopback: true,
  });
}
