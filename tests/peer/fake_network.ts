/**
 * A network in memory between an index and its clients, which loses, doubles,
 * delays and forges as a test wants, on a clock that the test moves.
 *
 * @module
 */

import type { BindDatagramSocket } from "../../peer/index_socket.ts";
import type { FakeClock } from "./fake_clock.ts";

/** What becomes of a datagram: when each of its copies arrives, in milliseconds. */
export type Fate = readonly number[];

/** Where the index is. */
export const INDEX_ADDRESS: Deno.NetAddr = {
  transport: "udp",
  hostname: "192.0.2.1",
  port: 60000,
};

/** Answers a datagram that came from an endpoint. */
type Handle = (datagram: Uint8Array, from: string) => Uint8Array[];

/** The network. */
export class FakeNetwork {
  readonly #clock: FakeClock;
  readonly #handle: Handle;
  /** What becomes of the requests. */
  toIndex: (datagram: Uint8Array) => Fate = () => [1];
  /** What becomes of the answers. */
  toClient: (datagram: Uint8Array) => Fate = () => [1];
  /** Where answers come from. */
  from: Deno.NetAddr = INDEX_ADDRESS;
  /** Sockets that are open. */
  readonly sockets = new Set<FakeSocket>();
  #ports = 50_000;

  constructor(clock: FakeClock, handle: Handle) {
    this.#clock = clock;
    this.#handle = handle;
  }

  /** Makes a socket. */
  bind: BindDatagramSocket = () => {
    const socket = new FakeSocket(this, `192.0.2.9:${this.#ports++}`);
    this.sockets.add(socket);
    return socket;
  };

  /** Sends to the index. */
  send(socket: FakeSocket, datagram: Uint8Array, to: Deno.NetAddr): void {
    if (to.hostname !== INDEX_ADDRESS.hostname) return;
    const copy = datagram.slice();
    for (const delay of this.toIndex(copy)) {
      this.#clock.after(delay, () => {
        for (const reply of this.#handle(copy, socket.endpoint)) {
          this.deliver(socket, reply);
        }
      });
    }
  }

  /** Sends to a client, as the index would. */
  deliver(socket: FakeSocket, reply: Uint8Array): void {
    for (const delay of this.toClient(reply)) {
      this.#clock.after(delay, () => socket.arrive(reply, this.from));
    }
  }
}

/** A socket of the network. */
export class FakeSocket {
  readonly endpoint: string;
  readonly #network: FakeNetwork;
  readonly #arrived: [Uint8Array, Deno.Addr][] = [];
  #waiting: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(network: FakeNetwork, endpoint: string) {
    this.#network = network;
    this.endpoint = endpoint;
  }

  arrive(bytes: Uint8Array, from: Deno.Addr): void {
    this.#arrived.push([bytes, from]);
    this.#waiting?.resolve();
  }

  async receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]> {
    while (this.#arrived.length === 0) {
      if (this.#closed) throw new Deno.errors.Interrupted("closed");
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
    }
    const [bytes, from] = this.#arrived.shift()!;
    const length = Math.min(bytes.length, buffer.length);
    buffer.set(bytes.subarray(0, length));
    return [buffer.subarray(0, length), from];
  }

  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<number> {
    this.#network.send(this, bytes, to);
    return Promise.resolve(bytes.length);
  }

  close(): void {
    if (this.#closed) throw new Deno.errors.BadResource("closed twice");
    this.#closed = true;
    this.#network.sockets.delete(this);
    this.#waiting?.resolve();
  }
}
