/**
 * What each of the things takes in memory that strangers can make an index hold,
 * at its worst: with that and the limits, an operator knows how much an index
 * may need at most.
 *
 *   deno run -A --v8-flags=--expose-gc bench/index_memory.ts
 *
 * @module
 */

import { Budget } from "../index/budget.ts";
import { DEFAULT_LIMITS, type Limits } from "../index/limits.ts";
import { MemoryStore } from "../index/memory/memory_store.ts";
import { ReplyMemory } from "../index/reply_memory.ts";
import { SenderTable } from "../index/sender.ts";
import { DigestView, TextView } from "../index/text_view.ts";
import type { PublicKey } from "../protocol/key.ts";

/** Registrations of each kind that are measured. */
const REGISTRATIONS = 1_000_000;

const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  maxPerOwner: 1_000_000,
  maxPerAddress: 1_000_000,
  maxOwnersPerAddress: 1_000_000,
};

const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error("Cannot tell the memory: run with --expose-gc");

// Everything that was measured stays until the end.
const kept: unknown[] = [];

registrations("name of 24 bytes", 24);
registrations("name of 822 bytes, each its own", 822);

each(
  "owner with a key, at an address of its own",
  DEFAULT_LIMITS.maxOwners,
  () => {
    const store = emptyStore();
    const senders = new SenderTable();
    for (let n = 0; n < DEFAULT_LIMITS.maxOwners; n++) {
      const key = new Uint8Array(32) as PublicKey;
      new DataView(key.buffer).setUint32(0, n);
      const hello = { key, port: 1, leaseMs: 3_600_000, repeated: false };
      store.open({ from: senders.sender(hostOf(n), 5_000)!, ...hello }, 0);
    }
    return store;
  },
);

each("address whose rate is watched", 2 * DEFAULT_LIMITS.maxAddresses, () => {
  // One table for those that have a token, one for those that have none.
  const budgets = [1, 2].map(() =>
    new Budget(DEFAULT_LIMITS.maxRate, DEFAULT_LIMITS.maxAddresses)
  );
  for (let n = 0; n < DEFAULT_LIMITS.maxAddresses; n++) {
    const prefix = `2001:db8:${n.toString(16)}:ffff::/64`;
    for (const budget of budgets) budget.spend(prefix, n);
  }
  return budgets;
});

each("answer that is remembered", DEFAULT_LIMITS.maxReplies, () => {
  const memory = new ReplyMemory(DEFAULT_LIMITS.maxReplies, 0);
  for (let n = 0; n < DEFAULT_LIMITS.maxReplies * 4; n++) {
    const mark = {
      senderHigh: n,
      senderLow: n * 7,
      transaction: n,
      content: n,
    };
    memory.remember(mark, 1, 0);
  }
  return memory;
});

console.log(
  `the table of senders, full: ${
    mebibytes(grown(() => {
      const senders = new SenderTable();
      for (let n = 0; n < 100_000; n++) {
        senders.sender(hostOf(n), 1 + n % 65_535);
      }
      return senders;
    }))
  } MiB`,
);

function registrations(what: string, bytes: number): void {
  each(`registration, ${what}`, REGISTRATIONS, () => {
    const store = emptyStore();
    const from = new SenderTable().sender("192.0.2.1", 5_000)!;
    const digest = new Uint8Array(32);
    for (let n = 0; n < REGISTRATIONS; n++) {
      new DataView(digest.buffer).setUint32(0, n);
      const name = `${n}`.padEnd(bytes, "x");
      store.register({
        from,
        content: {
          peer: new TextView().assign("peer"),
          name: new TextView().assign(name),
          digest: new DigestView().point(digest, 0),
          size: 1_000 + n,
          exponent: 18,
          modified: 1_700_000_000_000 + n,
          partial: false,
        },
        port: 6_000,
        leaseMs: 3_600_000,
      }, 0);
    }
    if (store.counts().registrations !== REGISTRATIONS) throw new Error("full");
    return store;
  });
}

function each(what: string, count: number, fill: () => unknown): void {
  const bytes = grown(fill);
  console.log(
    `${what}: ${Math.round(bytes / count)} bytes each, ${mebibytes(bytes)} ` +
      `MiB for ${count.toLocaleString("en")}`,
  );
}

/** How much memory something takes, its tables and its objects. */
function grown(fill: () => unknown): number {
  const used = () => {
    collect!();
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  kept.push(fill());
  return used() - before;
}

function emptyStore(): MemoryStore {
  return new MemoryStore({
    limits: LIMITS,
    selection: "newest",
    seed: crypto.getRandomValues(new Uint8Array(16)),
    now: 0,
  });
}

function hostOf(n: number): string {
  return `2001:db8:${(n >> 8).toString(16)}:${(n & 0xff).toString(16)}::1`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
