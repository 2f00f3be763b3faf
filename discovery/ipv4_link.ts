/**
 * A multicast socket over IPv4.
 *
 * It is `node:dgram`'s: unlike `Deno.listenDatagram`, that can say on which
 * interface a multicast leaves and how far an answer goes. It is bound to the
 * group itself, so that it takes nothing that is meant for the host's own
 * responder at the same port.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import { formatAddress, parseAddress } from "../protocol/address.ts";
import {
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
export async function openIpv4Link(
  on: LinkInterface,
  { kind, take, fail }: OpenLinkOptions,
): Promise<Link> {
  const own = on.address && formatAddress(on.address);
  const socket = createSocket({ type: "udp4", reuseAddr: kind === "group" });
  try {
    await bind(
      socket,
      kind === "asker"
        ? { address: own ?? "0.0.0.0", port: 0 }
        : { address: GROUP_ADDRESS, port: MDNS_PORT },
    );
    if (kind === "group") socket.addMembership(MDNS_GROUP.IPv4, own);
    if (own !== undefined) socket.setMulticastInterface(own);
    // An index and a peer on one host find each other too.
    socket.setMulticastLoopback(true);
    socket.setMulticastTTL(MULTICAST_TTL);
    socket.setTTL(UNICAST_TTL);
  } catch (error) {
    // One that was not bound is closed already.
    await close(socket).catch(() => {});
    throw error;
  }
  socket.on("error", fail);
  socket.on("message", (bytes, { address: text, port }) => {
    const address = parseAddress(text);
    if (address) take(bytes, { address, port });
  });
  return new Ipv4Link(socket, on.name);
}

class Ipv4Link implements Link {
  readonly port: number;
  readonly #socket: Socket;
  readonly #name: string;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    this.port = socket.address().port;
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#send(bytes, { hostname: MDNS_GROUP.IPv4, port: MDNS_PORT });
  }

  sendTo(bytes: Uint8Array, { address, port }: LinkSender): Promise<void> {
    return this.#send(bytes, { hostname: formatAddress(address), port });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.removeAllListeners("message");
    return this.#closing ??= close(this.#socket);
  }

  #send(
    bytes: Uint8Array,
    { hostname, port }: { hostname: string; port: number },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, port, hostname, (error) => {
        if (!error) return resolve();
        // The runtime does not say why: no route, most of the time.
        const why = error.message.includes("UNKNOWN")
          ? "it is down, or has no route for multicast"
          : error.message;
        reject(
          new Error(`Cannot send on ${this.#name} over IPv4: ${why}`, {
            cause: error,
          }),
        );
      });
    });
  }
}

/** Windows binds to addresses of its own only. */
const GROUP_ADDRESS = Deno.build.os === "windows" ? "0.0.0.0" : MDNS_GROUP.IPv4;

/** What other programs expect (RFC 6762, section 11). */
const MULTICAST_TTL = 255;

/**
 * How many hops an answer to one host goes: one, so that a forged sender cannot
 * make it leave this network.
 */
const UNICAST_TTL = 1;

function bind(
  socket: Socket,
  { address, port }: { address: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    // It stays: an error that nobody listens for ends the program.
    socket.on("error", reject);
    socket.bind({ address, port }, () => resolve());
  });
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
