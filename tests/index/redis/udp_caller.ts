/**
 * A peer with a socket that sends each request once and to any of several
 * indexes, with one token for all of them.
 *
 * @module
 */

import { DATAGRAM_BYTES } from "../../../protocol/pdu.ts";
import { PduBuffer } from "../../../protocol/pdu_buffer.ts";
import type { Reply } from "../../../protocol/reply.ts";
import { decodeReplies, type Encode } from "../test_peer.ts";

/** Where an index is. */
export interface IndexAddress {
  readonly addr: { readonly port: number };
}

/** Sends requests. */
export class UdpCaller implements Disposable {
  readonly #socket = Deno.listenDatagram({
    hostname: "127.0.0.1",
    port: 0,
    transport: "udp",
  });
  #token = 0n;
  #transaction = 1;

  /** A request as a datagram, under the next transaction. */
  datagram(encode: Encode): Uint8Array {
    const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
    const head = { transaction: this.#transaction++, token: this.#token };
    return pdus.bytes.slice(0, encode(pdus, head));
  }

  /** Sends a datagram and waits for one. */
  async send(index: IndexAddress, datagram: Uint8Array): Promise<Reply[]> {
    const { port } = index.addr;
    const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
    await this.#socket.send(datagram, to);
    const [bytes] = await this.#socket.receive(new Uint8Array(2_048));
    const replies = decodeReplies(bytes.slice());
    for (const reply of replies) {
      if ("token" in reply && reply.token !== 0n) this.#token = reply.token;
    }
    return replies;
  }

  /** Asks once: nothing is asked again, whatever the answer is. */
  once(index: IndexAddress, encode: Encode): Promise<Reply[]> {
    return this.send(index, this.datagram(encode));
  }

  /** Asks, after it has got a token. */
  async ask(index: IndexAddress, encode: Encode): Promise<Reply[]> {
    const replies = await this.once(index, encode);
    const [head] = replies;
    return head?.type === "E" && head.error === "TOKEN"
      ? await this.once(index, encode)
      : replies;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
