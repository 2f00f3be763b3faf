/**
 * An index without a socket: datagrams in, datagrams out, and a clock that is
 * moved by hand.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { newCounters } from "../../index/counters.ts";
import { Directory } from "../../index/directory.ts";
import { Exchange } from "../../index/exchange.ts";
import { KnownAddresses } from "../../index/known_addresses.ts";
import { type LeaseTerms, leaseTerms } from "../../index/lease.ts";
import { type Limits, limitsOf } from "../../index/limits.ts";
import type { Members } from "../../index/members.ts";
import { MemoryStore } from "../../index/memory/memory_store.ts";
import type { Selection } from "../../index/memory/source_picker.ts";
import { ReplyMemory } from "../../index/reply_memory.ts";
import { SenderTable } from "../../index/sender.ts";
import type { Store } from "../../index/store.ts";
import { isDatagramLength } from "../../protocol/datagram.ts";

/** When the clock starts: 2026-01-01, in milliseconds since 1970. */
export const START = 1_767_225_600_000;

/** How a {@linkcode TestIndex} is to be. */
export interface TestIndexOptions {
  readonly limits?: Partial<Limits>;
  readonly lease?: Partial<LeaseTerms>;
  readonly selection?: Selection;
  /** What its secrets are made of: two that agree are one index started again. */
  readonly seed?: number;
  /** Where peers reach it. */
  readonly knownAs?: readonly string[];
  /** Who may register; without, everybody. */
  readonly members?: Members;
  /** Stands between the policy and the store. */
  readonly watch?: (store: Store) => Store;
}

/** An index whose policy and store are real. */
export class TestIndex {
  /** The time in milliseconds since 1970. */
  now = START;
  readonly counters = newCounters();
  readonly store: MemoryStore;
  readonly directory: Directory;
  readonly #senders = new SenderTable();
  readonly #exchange = new Exchange(this.counters);

  constructor(options: TestIndexOptions = {}) {
    const limits = limitsOf({ maxReplies: 4_096, ...options.limits });
    const seed = options.seed ?? 1;
    this.store = new MemoryStore({
      limits,
      selection: options.selection ?? "newest",
      seed: new Uint8Array(16).fill(seed),
      now: this.now,
    });
    this.directory = new Directory({
      store: options.watch?.(this.store) ?? this.store,
      memory: new ReplyMemory(limits.maxReplies, this.now),
      lease: leaseTerms(options.lease),
      limits,
      secret: new Uint8Array(16).fill(seed + 1),
      counters: this.counters,
      known: options.knownAs && new KnownAddresses(options.knownAs),
      members: options.members,
    });
  }

  /** Moves the clock. */
  pass(ms: number): void {
    this.now += ms;
  }

  /** Frees everything that has run out. */
  sweep(): void {
    while (this.store.sweep(this.now));
  }

  /** What comes back for a datagram, as the loop would send it. */
  deliver(
    datagram: Uint8Array,
    from: { hostname: string; port: number },
  ): Uint8Array[] {
    const exchange = this.#exchange;
    if (!isDatagramLength(datagram.length)) return [];
    const sender = this.#senders.sender(from.hostname, from.port);
    if (!sender) return [];
    exchange.request.bytes.set(datagram);
    exchange.begin(sender, datagram.length);
    const pending = this.directory.receive(exchange, this.now);
    assertEquals(pending, undefined, "the memory store never waits");
    const { replies } = exchange;
    const datagrams = [];
    for (let n = 0; n < replies.datagrams; n++) {
      const bytes = replies.datagram(n).slice();
      assert(isDatagramLength(bytes.length), "a reply that is no datagram");
      datagrams.push(bytes);
    }
    replies.clear();
    return datagrams;
  }
}
