/**
 * An index that is fuzzed by many, while one peer behaves well and is served.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { isDatagramLength } from "../../protocol/datagram.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { ACK, REQUEST } from "../../protocol/layout.ts";
import { seeded } from "../peer/client_fixture.ts";
import { Fuzzer } from "./fuzz.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  decodeReplies,
  digestOf,
  refusal,
  signerOf,
  TestPeer,
} from "./test_peer.ts";

/** Who fuzzes: IPv4 and IPv6, hosts with many ports, and one without any. */
const STRANGERS = Array.from({ length: 64 }, (_, i) => ({
  hostname: i % 2 === 0 ? `198.51.100.${i % 16}` : `2001:db8:${i % 8}::${i}`,
  port: i === 63 ? 0 : 1_000 + i,
  token: 0n,
}));

/** Datagrams between two things that the good peer does. */
const BETWEEN = 1_000;

/** Time that passes with every datagram, in milliseconds. */
const STEP_MS = 0.1;

const DAY_MS = 24 * 3_600_000;

/** Fuzzes an index without a socket. */
export class FuzzRun {
  readonly index = new TestIndex();
  readonly #fuzzer: Fuzzer;
  readonly #random: () => number;
  readonly #good = new TestPeer(this.index, "192.0.2.1");
  readonly #key = signerOf(7);
  /** What was answered, in datagrams. */
  replies = 0;
  /** What the good peer asked, each answered as it should be. */
  served = 0;
  #transaction = 0;
  #time = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#fuzzer = new Fuzzer(this.#random);
  }

  /**
   * Sends so many datagrams.
   *
   * @throws {Error} Where anything is answered that should not be, or anybody
   * is not who should be.
   */
  send(count: number): void {
    for (let n = 0; n < count; n++) {
      if (n % BETWEEN === 0) this.#behave();
      const from = STRANGERS[Math.floor(this.#random() * STRANGERS.length)]!;
      this.#transaction = this.#transaction + 16 >>> 0;
      const { token } = from;
      const transaction = this.#transaction;
      const datagram = this.#fuzzer.next({ transaction, token });
      const replies = this.index.deliver(datagram, from);
      this.#check(datagram, from, replies);
      this.#time += STEP_MS;
      if (this.#time >= 1) {
        this.index.pass(1);
        this.#time -= 1;
        if (this.index.now % 250 === 0) this.index.store.sweep(this.index.now);
      }
    }
  }

  /** Lets all leases run out, and checks that nothing is left of anybody. */
  end(): void {
    this.index.pass(DAY_MS);
    this.index.sweep();
    const { registrations, owners } = this.index.store.counts();
    assertEquals({ registrations, owners }, { registrations: 0, owners: 0 });
    for (const stranger of STRANGERS) stranger.token = 0n;
  }

  #check(
    datagram: Uint8Array,
    from: { hostname: string; port: number; token: bigint },
    replies: Uint8Array[],
  ): void {
    if (!isDatagramLength(datagram.length) || from.port === 0) {
      assertEquals(replies, []);
    }
    this.replies += replies.length;
    const sent = replies.reduce((sum, { length }) => sum + length, 0);
    assert(
      sent <= datagram.length || hasToken(datagram, from.token),
      "more went back to an unproven address than came",
    );
    for (const reply of replies) {
      // The token of an A, and of an E TOKEN, lies in the same place.
      const token = new PduBuffer(reply).u64(0, ACK.token);
      if (token !== 0n) from.token = token;
      if (this.replies % 64 === 0) decodeReplies(reply);
    }
  }

  /** The good peer registers, finds, lists and forgets, each with its answer. */
  #behave(): void {
    const good = this.#good;
    acknowledged(good.hello({ port: 6_000, lease: 3_600 }, this.#key));
    const name = `good ${this.served}`;
    const metadata = { digest: digestOf(99) };
    const entry = { peer: "good", port: 6_000, metadata };
    acknowledged(good.register(name, entry));
    const { head, sources } = good.search(name);
    assertEquals(acknowledged(head).count, 1);
    assertEquals(sources.map(({ peer }) => peer as string), ["good"]);
    acknowledged(good.page("peer:good").head);
    acknowledged(good.deregister(name, "good"));
    assertEquals(refusal(good.search(name).head), "NOT_FOUND");
    this.served += 6;
  }
}

/** Whether any request of a datagram carries this token. */
function hasToken(datagram: Uint8Array, token: bigint): boolean {
  const pdus = new PduBuffer(datagram);
  for (let at = 0; at + PDU_BYTES <= datagram.length; at += PDU_BYTES) {
    if (token !== 0n && pdus.u64(at, REQUEST.token) === token) return true;
  }
  return false;
}
