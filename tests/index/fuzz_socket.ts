/**
 * A real index that is fuzzed over its socket, while one client behaves well.
 *
 * @module
 */

import { IndexClient } from "../../peer/index_client.ts";
import { NotFoundError } from "../../peer/index_error.ts";
import { ACK } from "../../protocol/layout.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { seeded } from "../peer/client_fixture.ts";
import { Fuzzer } from "./fuzz.ts";
import { metadataOf } from "./test_peer.ts";

/** Sockets that fuzz. */
const STRANGERS = 8;

/** Datagrams after which they let the index come to the others. */
const BURST = 32;

/** How it went. */
export interface FuzzReport {
  /** Requests of the good client, every one answered as it should be. */
  readonly served: number;
  /** Datagrams that came back to the strangers. */
  readonly replies: number;
}

/**
 * Sends so many datagrams to an index.
 *
 * @throws {Error} Where the good client is not served.
 */
export async function fuzzSocket(
  index: { readonly hostname: string; readonly port: number },
  { datagrams, seed }: { datagrams: number; seed: number },
): Promise<FuzzReport> {
  const strangers = Array.from({ length: STRANGERS }, () => new Stranger());
  const random = seeded(seed);
  const fuzzer = new Fuzzer(random);
  const done = new AbortController();
  const good = behave(index, done.signal);
  try {
    const to: Deno.NetAddr = { transport: "udp", ...index };
    for (let n = 0; n < datagrams; n++) {
      const stranger = strangers[Math.floor(random() * STRANGERS)]!;
      const { token } = stranger;
      const datagram = fuzzer.next({ transaction: n * 16 >>> 0, token });
      await stranger.socket.send(datagram, to);
      if (n % BURST === 0) await new Promise((next) => setTimeout(next));
    }
  } finally {
    done.abort();
    for (const stranger of strangers) await stranger[Symbol.asyncDispose]();
  }
  const replies = strangers.reduce((sum, each) => sum + each.replies, 0);
  return { served: await good, replies };
}

/** Registers, finds, lists and forgets until the signal is aborted. */
async function behave(
  index: { readonly hostname: string; readonly port: number },
  signal: AbortSignal,
): Promise<number> {
  const peer = peerName("good");
  await using client = await IndexClient.open({ index, peer });
  let served = 0;
  do {
    const name = contentName(`good ${served}`);
    const entry = { peer, name, port: 6_000, metadata: metadataOf() };
    await client.hello();
    await client.register(entry);
    const { sources } = await client.search({ name });
    if (sources.length !== 1) throw new Error(`${sources.length} sources`);
    await client.page("peer:good");
    await client.deregister(entry);
    const gone = await client.search({ name }).catch((error) => error);
    if (!(gone instanceof NotFoundError)) throw new Error("It is still there");
    served += 6;
  } while (!signal.aborted);
  return served;
}

class Stranger implements AsyncDisposable {
  readonly socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  token = 0n;
  replies = 0;
  readonly #receiving = this.#receive();

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.#receiving;
  }

  async #receive(): Promise<void> {
    for await (const [bytes] of this.socket) {
      this.replies++;
      if (bytes.length < PDU_BYTES) continue;
      const token = new PduBuffer(bytes).u64(0, ACK.token);
      if (token !== 0n) this.token = token;
    }
  }
}
