/**
 * A client that asks an index for very much at a time, over a socket of its own.
 *
 * @module
 */

import { encodeHello } from "../../protocol/hello.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { peerName } from "../../protocol/name.ts";
import { DATAGRAM_BYTES } from "../../protocol/pdu.ts";
import type { Ack } from "../../protocol/reply.ts";
import type { ErrorReply } from "../../protocol/error_reply.ts";
import { decodeReplies, type Encode } from "./test_peer.ts";

/** Something to ask, and what to do with the answer. */
export interface BulkRequest {
  readonly encode: Encode;
  /** PDUs that it takes. */
  readonly pdus: number;
  /** Told how it was answered. */
  readonly answered: (reply: Ack | ErrorReply) => void;
}

/** How much is on its way at a time, in datagrams. */
const WINDOW = 48;
/** A datagram that is not answered for so long is sent again. */
const RESEND_MS = 250;
const DATAGRAM_PDUS = 12;

interface Flight {
  requests: Map<number, BulkRequest>;
  sentAt: number;
}

/** Asks one index after the other from the same address. */
export class BulkClient implements Disposable {
  readonly #socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  #to: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port: 0 };
  #token = 0n;
  #transaction = 1;
  #flights = new Map<number, Flight>();
  readonly #byTransaction = new Map<number, number>();
  #isStopped = false;

  /** Asks this index from now on. */
  connect(port: number): void {
    this.#to = { ...this.#to, port };
    this.#token = 0n;
    this.#isStopped = false;
    this.#flights.clear();
  }

  /** Says hello, and returns how much this address holds. */
  async hello(leaseS: number): Promise<number> {
    let held = -1;
    await this.ask([{
      encode: (pdus, head) =>
        encodeHello(pdus, 0, { ...head, peer: peerName("Bob"), lease: leaseS }),
      pdus: 1,
      answered: (reply) => held = reply.type === "A" ? reply.count : -1,
    }]);
    return held;
  }

  /** Ends what is being asked, to be called where an answer is told. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Asks for everything, in about this order, until all is answered. */
  async ask(requests: Iterable<BulkRequest>): Promise<void> {
    const waiting = requests[Symbol.iterator]();
    let next = waiting.next();
    const fill = async () => {
      while (!next.done && this.#flights.size < WINDOW) {
        const flight: Flight = { requests: new Map(), sentAt: 0 };
        let pdus = 0;
        while (!next.done && pdus + next.value.pdus <= DATAGRAM_PDUS) {
          flight.requests.set(this.#transaction++, next.value);
          pdus += next.value.pdus;
          next = waiting.next();
        }
        this.#flights.set(this.#transaction, flight);
        for (const transaction of flight.requests.keys()) {
          this.#byTransaction.set(transaction, this.#transaction);
        }
        await this.#send(flight);
      }
    };
    await fill();
    const timer = setInterval(() => this.#resend(), RESEND_MS);
    try {
      while (this.#flights.size > 0 && !this.#isStopped) {
        const [bytes] = await this.#socket.receive();
        this.#take(bytes);
        await fill();
      }
    } finally {
      clearInterval(timer);
      this.#flights.clear();
      this.#byTransaction.clear();
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #take(bytes: Uint8Array): void {
    const refused = new Set<Flight>();
    for (const reply of decodeReplies(bytes)) {
      if (reply.type !== "A" && reply.type !== "E") continue;
      const id = this.#byTransaction.get(reply.transaction);
      const flight = id === undefined ? undefined : this.#flights.get(id);
      const request = flight?.requests.get(reply.transaction);
      if (!flight || !request || id === undefined) continue;
      if (reply.type === "E" && reply.error === "TOKEN") {
        this.#token = reply.token;
        refused.add(flight);
        continue;
      }
      flight.requests.delete(reply.transaction);
      this.#byTransaction.delete(reply.transaction);
      if (flight.requests.size === 0) this.#flights.delete(id);
      request.answered(reply);
    }
    for (const flight of refused) void this.#send(flight);
  }

  #resend(): void {
    const now = performance.now();
    for (const flight of this.#flights.values()) {
      if (now - flight.sentAt >= RESEND_MS) void this.#send(flight);
    }
  }

  async #send(flight: Flight): Promise<void> {
    flight.sentAt = performance.now();
    const datagram = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
    const one = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
    let end = 0;
    for (const [transaction, { encode }] of flight.requests) {
      const length = encode(one, { transaction, token: this.#token });
      datagram.bytes.set(one.bytes.subarray(0, length), end);
      end += length;
    }
    try {
      await this.#socket.send(datagram.bytes.subarray(0, end), this.#to);
    } catch {
      // It is sent again.
    }
  }
}
