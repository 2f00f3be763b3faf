/**
 * What an index does for a search besides receiving and sending, measured in
 * this process.
 *
 * @module
 */

import { newCounters } from "../index/counters.ts";
import { Directory } from "../index/directory.ts";
import { Exchange } from "../index/exchange.ts";
import { leaseTerms } from "../index/lease.ts";
import { limitsOf } from "../index/limits.ts";
import { MemoryStore } from "../index/memory/memory_store.ts";
import { monotonicClock } from "../index/monotonic_clock.ts";
import { ReplyMemory } from "../index/reply_memory.ts";
import { SenderTable } from "../index/sender.ts";
import { type Digest, DIGEST_BYTES } from "../protocol/digest.ts";
import { contentName, peerName } from "../protocol/name.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { encodeRegister, encodeSearch } from "../protocol/request.ts";
import { ROUNDS } from "./load_tool.ts";

/** Searches of one round. */
const SEARCHES = 200_000;

/** Searches that are written before they are timed: writing is not counted. */
const BATCH = 1_000;

/** Nanoseconds of a search among so many names, for each round. */
export function askDirectory(names: number): number[] {
  const limits = limitsOf({
    maxRate: 0,
    maxPerOwner: names,
    maxPerAddress: names,
    maxRegistrations: names,
  });
  const clock = monotonicClock();
  const now = clock();
  const seed = new Uint8Array(16);
  const counters = newCounters();
  const directory = new Directory({
    store: new MemoryStore({ limits, selection: "newest", seed, now }),
    memory: new ReplyMemory(1, now),
    lease: leaseTerms({ standard: 3_600 }),
    secret: seed,
    counters,
    limits,
  });
  const exchange = new Exchange(counters);
  const senders = new SenderTable();
  const sender = () => senders.sender("127.0.0.1", 5_000)!;
  let transaction = 0;
  const head = () => ({ transaction: transaction++, token: sender().token });
  const ask = (datagram: Uint8Array) => {
    exchange.request.bytes.set(datagram);
    exchange.begin(sender(), datagram.length);
    void directory.receive(exchange, clock());
    exchange.replies.clear();
  };
  const pdus = new PduBuffer(new Uint8Array(2_048));
  const search = (n: number) => {
    const end = encodeSearch(pdus, 0, { ...head(), name: nameOf(n) });
    return pdus.bytes.slice(0, end);
  };
  ask(search(0)); // Now it has a token.
  for (let n = 0; n < names; n++) {
    const end = encodeRegister(pdus, 0, {
      ...head(),
      ...{ port: 6_000, peer: peerName("load"), name: nameOf(n) },
      metadata: {
        ...{ size: n, exponent: 18, modified: n, partial: false },
        digest: digestOf(n),
      },
    });
    ask(pdus.bytes.slice(0, end));
  }
  const rounds = Array.from({ length: 1 + ROUNDS }, () => {
    let ms = 0;
    for (let done = 0; done < SEARCHES; done += BATCH) {
      const batch = Array.from(
        { length: BATCH },
        () => search(Math.floor(Math.random() * names)),
      );
      const start = performance.now();
      for (const datagram of batch) ask(datagram);
      ms += performance.now() - start;
    }
    return ms * 1e6 / SEARCHES;
  });
  return rounds.slice(1);
}

function nameOf(n: number) {
  return contentName(`folder/file-${String(n).padStart(8, "0")}.bin`);
}

function digestOf(n: number): Digest {
  const digest = new Uint8Array(DIGEST_BYTES);
  new DataView(digest.buffer).setUint32(0, Math.imul(n, 2_654_435_761));
  digest[4] = 1;
  return digest as Digest;
}
