/**
 * The UDP side of an index client: finds the index's address, sends to it and
 * takes in what comes from it, and only that.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import {
  type Address,
  isIpv4,
  isLoopback,
  parseAddress,
  sameAddress,
} from "../protocol/address.ts";
import { quote } from "../protocol/name.ts";
import { DATAGRAM_BYTES } from "../protocol/pdu.ts";
import { IndexHostError } from "./index_error.ts";
import { untilAborted } from "./until_aborted.ts";

/** The part of a datagram socket that is used: a simulated one has no more. */
export interface DatagramSocket {
  /** Waits for a datagram; what does not fit into the buffer is cut off. */
  receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]>;
  /** Sends a datagram. */
  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<number>;
  /** Closes the socket: a `receive()` that waits is rejected. */
  close(): void;
}

/** Binds a datagram socket to any free port of a local address. */
export type BindDatagramSocket = (hostname: string) => DatagramSocket;

/** Finds the addresses of a host name. */
export type ResolveHost = (hostname: string) => Promise<string[]>;

/** Whoever takes the datagrams. Their bytes are valid until a call returns. */
export interface DatagramTaker {
  /** Takes a datagram from the index. Returns whether it answers what was asked. */
  take(bytes: Uint8Array): boolean;
  /** Whether a datagram from elsewhere would, if it came from the index. */
  expects(bytes: Uint8Array): boolean;
}

/** What was taken in and thrown away. */
export interface DroppedDatagrams {
  /** Came from an address that was not asked. */
  stranger: number;
  /** Were no datagram of ours, by their length. */
  length: number;
}

/** One address that the index may have, and the socket that reaches it. */
interface Route {
  readonly to: Deno.NetAddr;
  readonly address: Address;
  readonly socket: DatagramSocket;
  received: Promise<void>;
}

/** More than the longest datagram, so that one too long shows itself. */
const RECEIVE_BYTES = DATAGRAM_BYTES * 2;

/** How often in a row receiving may fail before the socket counts as broken. */
const MAX_FAILURES = 100;

/**
 * A host name may have several addresses, and the index may listen at one of
 * them only (`localhost` is the usual case). Until one has answered, whatever
 * is sent goes to each of them; the first that answers is kept.
 */
export class IndexSocket implements AsyncDisposable {
  readonly #taker: DatagramTaker;
  #routes: readonly Route[];
  #chosen = false;
  #closing: Promise<void> | undefined;
  readonly #retired: Promise<void>[] = [];
  readonly #dropped: DroppedDatagrams = { stranger: 0, length: 0 };
  /** What the last failure of a socket was, unless it worked since. */
  failure: unknown;
  /** Who answered although somebody else was asked: most likely the same index. */
  strangerHint: string | undefined;

  private constructor(routes: Route[], taker: DatagramTaker) {
    this.#routes = routes;
    this.#taker = taker;
    this.#chosen = routes.length === 1;
  }

  /**
   * Finds the index's address and binds a socket.
   *
   * @param index The index's host, a name or an address, and its UDP port.
   * @param options `taker` is given what comes from the index; `bind` makes the
   * sockets, bound to `hostname` where that is given; `resolve` finds the
   * addresses of a name; the signal aborts finding them.
   * @throws {IndexHostError} Where the name has no address, or no socket can be
   * bound.
   */
  static async open(
    index: { hostname: string; port: number },
    { taker, bind = bindUdp, resolve = lookUp, hostname, signal }: {
      taker: DatagramTaker;
      bind?: BindDatagramSocket | undefined;
      resolve?: ResolveHost | undefined;
      hostname?: string | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<IndexSocket> {
    const found = await addressesOf(index.hostname, { resolve, signal });
    const routes: Route[] = [];
    let cause: unknown;
    for (const text of found) {
      const address = parseAddress(text);
      if (!address) continue;
      try {
        const to = { transport: "udp", hostname: text, port: index.port };
        const socket = bind(hostname ?? localAddress(address));
        routes.push({
          to: to as Deno.NetAddr,
          address,
          socket,
          received: Promise.resolve(),
        });
      } catch (error) {
        cause = error; // This machine may lack one of the two families.
      }
    }
    if (routes.length === 0) {
      throw new IndexHostError(
        `Cannot reach the index at ${index.hostname}: no UDP socket can be ` +
          "bound for it",
        { cause },
      );
    }
    const opened = new IndexSocket(routes, taker);
    for (const route of routes) route.received = opened.#receive(route);
    return opened;
  }

  /** The address that the index is reached at, as text. */
  get hostname(): string {
    return this.#routes[0]!.to.hostname;
  }

  /** What was taken in and thrown away so far. */
  get dropped(): Readonly<DroppedDatagrams> {
    return this.#dropped;
  }

  /** Sends a datagram. A failure is kept for the error that follows from it. */
  async send(bytes: Uint8Array): Promise<void> {
    for (const route of this.#routes) {
      try {
        await route.socket.send(bytes, route.to);
        this.failure = undefined;
      } catch (error) {
        this.failure = error;
      }
    }
  }

  /** Closes the sockets. Once it is done, nothing is taken any more. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= (async () => {
      const received = this.#routes.map((route) => route.received);
      for (const { socket } of this.#routes) closeSocket(socket);
      await Promise.all([...received, ...this.#retired]);
    })();
    return this.#closing;
  }

  async #receive(route: Route): Promise<void> {
    const buffer = new Uint8Array(RECEIVE_BYTES);
    for (let failures = 0; failures < MAX_FAILURES;) {
      let bytes: Uint8Array;
      let from: Deno.Addr;
      try {
        [bytes, from] = await route.socket.receive(buffer);
        failures = 0;
      } catch (error) {
        if (isClosed(error)) return;
        // Windows reports here that an earlier datagram was refused.
        failures++;
        this.failure = error;
        continue;
      }
      this.#takeFrom(route, bytes, from as Deno.NetAddr);
    }
  }

  #takeFrom(route: Route, bytes: Uint8Array, from: Deno.NetAddr): void {
    if (bytes.length > DATAGRAM_BYTES) {
      this.#dropped.length++;
      return;
    }
    if (!isFrom(route, from)) {
      this.#dropped.stranger++;
      // Only an index knows what was asked: a stranger must not advise us.
      if (this.#taker.expects(bytes)) {
        this.strangerHint = `${from.hostname} port ${from.port}`;
      }
      return;
    }
    const answers = this.#taker.take(bytes);
    if (answers && !this.#chosen) this.#choose(route);
  }

  #choose(route: Route): void {
    this.#chosen = true;
    const others = this.#routes.filter((other) => other !== route);
    this.#routes = [route];
    for (const other of others) {
      this.#retired.push(other.received);
      closeSocket(other.socket);
    }
  }
}

function bindUdp(hostname: string): DatagramSocket {
  return Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
}

/**
 * Asks the system for the addresses of a name, through `node:dns`: that reads
 * the hosts file too and needs the network permission only.
 */
async function lookUp(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}

/** The addresses of a host, which may be written as one. */
async function addressesOf(
  hostname: string,
  { resolve, signal }: {
    resolve: ResolveHost;
    signal: AbortSignal | undefined;
  },
): Promise<string[]> {
  signal?.throwIfAborted();
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  if (parseAddress(bare)) return [bare];
  try {
    return [...new Set(await untilAborted(resolve(bare), signal))];
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new IndexHostError(
      `Cannot find the index host ${quote(bare)}: check how it is spelled, ` +
        "or give its address",
      { cause },
    );
  }
}

/**
 * The local address to bind: a peer on the index's own host stays on the
 * loopback, where no other program can take the port over.
 */
function localAddress(address: Address): string {
  if (isIpv4(address)) return isLoopback(address) ? "127.0.0.1" : "0.0.0.0";
  return isLoopback(address) ? "::1" : "::";
}

function isFrom(route: Route, from: Deno.NetAddr): boolean {
  if (from.port !== route.to.port) return false;
  if (from.hostname === route.to.hostname) return true;
  const address = parseAddress(from.hostname);
  return address !== undefined && sameAddress(address, route.address);
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

function closeSocket(socket: DatagramSocket): void {
  try {
    socket.close();
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}
