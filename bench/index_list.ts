/**
 * How long one request for a page of the list holds the loop, whatever its
 * filter, and whether the pages together show everything: at a million
 * registrations, or as many as are named.
 *
 * ```sh
 * deno run -A bench/index_list.ts              # in memory
 * deno run -A bench/index_list.ts sqlite
 * deno run -A bench/index_list.ts redis 200000 redis://127.0.0.1:6379
 * ```
 *
 * A Redis must be one that may be filled: it uses a registry of its own.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";
import { parseFilter } from "../index/filter.ts";
import { limitsOf } from "../index/limits.ts";
import { openStore } from "../index/open_store.ts";
import { SenderTable } from "../index/sender.ts";
import type { ListPage, Store } from "../index/store.ts";
import { DigestView, TextView } from "../index/text_view.ts";
import { isLastPage } from "../protocol/reply.ts";
import { NO_CURSOR } from "../protocol/request.ts";

/** What a page has room for, as in a datagram. */
const PAGE = 11;

/** Registrations of one peer. */
const PER_PEER = 1_000;

/** The longest that the loop was held while something was waited for. */
class Stalls {
  #last = 0;
  #longest = 0;
  #next: ReturnType<typeof setImmediate> | undefined;

  start(): void {
    this.#last = performance.now();
    this.#longest = 0;
    this.#turn();
  }

  end(): number {
    clearImmediate(this.#next);
    return Math.max(this.#longest, performance.now() - this.#last);
  }

  #turn(): void {
    this.#next = setImmediate(() => {
      const now = performance.now();
      this.#longest = Math.max(this.#longest, now - this.#last);
      this.#last = now;
      this.#turn();
    });
  }
}

const [kind = "memory", given = "1000000", url] = Deno.args;
const count = Number(given);

/** Filters, and how many registrations each has to find. */
const filters: readonly [string, number][] = [
  ["", count],
  ["render frame 999", occurrences("999")],
  ["RENDER/**/frame-00012*", count < 1_300 ? 0 : 100],
  [`peer:node-7`, PER_PEER],
  ["nothing like that", 0],
  ["**a**e**i**o**u**", 0],
  ["*e".repeat(400), 0],
  [`${"e ".repeat(400)}zz`, 0],
];

const folder = await Deno.makeTempDir();
const store = await openStore({
  ...(kind === "sqlite" && { database: `${folder}/index.db` }),
  ...(kind === "redis" && {
    redis: { url: url!, registry: `bench-${crypto.randomUUID().slice(0, 8)}` },
  }),
  limits: limitsOf({
    maxRegistrations: Math.max(count, 1_000),
    maxPerAddress: 50_000_000,
  }),
  selection: "newest",
  seed: new Uint8Array(16).fill(1),
  maxReplies: 1_024,
  random: (bytes) => crypto.getRandomValues(bytes),
  clock: Date.now,
  fault: (error) => console.error(error),
});
try {
  const start = performance.now();
  await fill(store);
  const seconds = (performance.now() - start) / 1_000;
  console.log(
    `${kind}: ${count} registrations, filled in ${seconds.toFixed(1)} s`,
  );
  console.log(
    "  filter                found    pages  p50 ms   p99 ms   max ms",
  );
  for (const [filter, expected] of filters) await walk(filter, expected);
} finally {
  if ("commit" in store) (store as unknown as Disposable)[Symbol.dispose]();
  if ("secret" in store) {
    await (store as unknown as AsyncDisposable)[Symbol.asyncDispose]();
  }
  await Deno.remove(folder, { recursive: true });
}

/** A name of 24 bytes or so. */
function nameOf(n: number): string {
  return `render/${n % 100}/frame-${String(n).padStart(7, "0")}`;
}

function occurrences(text: string): number {
  let sum = 0;
  for (let n = 0; n < count; n++) if (nameOf(n).includes(text)) sum++;
  return sum;
}

async function fill(store: Store): Promise<void> {
  const senders = new SenderTable();
  const content = {
    digest: new DigestView().point(new Uint8Array(32).fill(1), 0),
    size: 1_000,
    exponent: 18,
    modified: 0,
    partial: false,
  };
  let waiting: Promise<unknown>[] = [];
  for (let n = 0; n < count; n++) {
    const number = Math.floor(n / PER_PEER);
    const host = `10.${number >> 16}.${number >> 8 & 255}.${number & 255}`;
    const done = store.register({
      from: senders.sender(host, 5_000)!,
      content: {
        ...content,
        peer: new TextView().assign(`node-${number}`),
        name: new TextView().assign(nameOf(n)),
      },
      port: 6_000,
      leaseMs: 3_600_000,
    }, Date.now());
    if ("commit" in store && n % 1_000 === 0) {
      (store as Store & { commit(now: number): boolean }).commit(Date.now());
    }
    if (!(done instanceof Promise)) continue;
    waiting.push(done);
    if (waiting.length < 500) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
}

/** Lists everything that matches, and says how long each page held the loop. */
async function walk(text: string, expected: number): Promise<void> {
  const times: number[] = [];
  const stalls = new Stalls();
  let found = 0;
  let pages = 0;
  for (let cursor = NO_CURSOR; !isLastPage(cursor) || pages === 0;) {
    let room = PAGE;
    const before = performance.now();
    const asked = store.list({
      cursor,
      filter: parseFilter(text),
      take: () => room-- > 0 && ++found > 0,
    }, Date.now());
    let page: ListPage;
    if (asked instanceof Promise) {
      stalls.start();
      page = await asked;
      times.push(stalls.end());
    } else {
      page = asked;
      times.push(performance.now() - before);
    }
    cursor = page.cursor;
    pages++;
  }
  if (found !== expected) {
    throw new Error(`${JSON.stringify(text)}: ${found}, not ${expected}`);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))]!
      .toFixed(2).padStart(7);
  const shown = text.length > 20 ? `${text.slice(0, 19)}…` : text || "(none)";
  console.log(
    `  ${shown.padEnd(20)} ${String(found).padStart(7)} ${
      String(pages).padStart(7)
    } ${at(0.5)}  ${at(0.99)}  ${at(1)}`,
  );
}
