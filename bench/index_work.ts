/**
 * How long single requests keep an index's loop, at a million registrations, for
 * the requests that one would choose to keep it long:
 *
 *   deno run -A bench/index_work.ts [REGISTRATIONS]
 *
 * Half of the names are short and begin alike, half are as long as names get.
 * What it prints are milliseconds from a datagram to its answer, without the
 * socket: half of the requests, 99 and 99.9 of a hundred, and the longest. Beside
 * it stands what the processor did meanwhile, for all threads of this process,
 * and what an empty loop of the same length takes on this machine: what is slow
 * there, too, is no fault of the index.
 *
 * @module
 */

import { DigestView, TextView } from "../index/text_view.ts";
import { MAX_PAGES } from "../index/reply_writer.ts";
import { isLastPage } from "../protocol/reply.ts";
import { encodeList, NO_CURSOR } from "../protocol/request.ts";
import { SenderTable } from "../index/sender.ts";
import { Holds, HOLDS_HEAD } from "./holds.ts";
import { TestIndex } from "../tests/index/test_index.ts";
import {
  acknowledged,
  decodeReplies,
  digestOf,
  headOf,
  TestPeer,
} from "../tests/index/test_peer.ts";

const COUNT = Number(Deno.args[0] ?? 1_000_000);

/** Pages of a list, or requests of another kind, that are measured. */
const TIMES = 2_000;

/** What one owner holds. */
const PER_OWNER = 100_000;

const LIMITS = {
  maxRate: 0,
  maxRegistrations: 5_000_000,
  maxPerAddress: 5_000_000,
  maxPerOwner: 5_000_000,
};

const index = new TestIndex({ limits: LIMITS, lease: { max: 65_535 } });
fill();
const peer = new TestPeer(index, "198.51.100.1");
peer.hello({ lease: 65_535 });

console.log(`${" ".repeat(40)}    ${HOLDS_HEAD}`);
const FILTERS = {
  "no filter": "",
  "a word that is nowhere": "q",
  "words that are in many": "x /",
  "many words that are nearly there": "xxxxxxxxy ".repeat(80).trim(),
  "a word as long as a filter": `${"x".repeat(821)}y`,
  "stars": "**x**x**x**x**x**x**x**x**x**x**x**x**y",
  "stars as long as a filter": `${"*x**".repeat(205)}y`,
  "letters of two sizes": `**${"İß".repeat(150)}**`,
};
for (const [what, filter] of Object.entries(FILTERS)) {
  for (const pages of [1, MAX_PAGES]) {
    let cursor = NO_CURSOR;
    measure(`O, ${pages} x ${what}`, () => {
      const answer = index.deliver(
        peer.datagram((pdus, head) =>
          encodeList(pdus, 0, { ...head, filter, cursor, pages })
        ),
        peer,
      );
      return () => {
        cursor = acknowledged(headOf(decodeReplies(answer.at(-1)!))).cursor;
        if (isLastPage(cursor)) cursor = NO_CURSOR;
      };
    });
  }
}
measure("S of a name that all share", () => peer.search("shared"));
measure("S of a name that nobody has", () => peer.search("nothing"));
measure(
  "S by a digest that all share",
  () => peer.search(undefined, digestOf(1)),
);
let made = 0;
measure("R, new", () => peer.register(`new ${made++}`));
measure("R, again", () => peer.register("new 1"));
measure("T", () => peer.deregister(`new ${--made}`));
measure("H", () => peer.hello({ port: 1 + made++ % 60_000 }));
for (let n = 0; n < 3; n++) {
  const leaving = new TestPeer(index, "192.0.2.1", 1_000 + n);
  leaving.search("nothing");
  measure(
    `H, goodbye with ${PER_OWNER} registrations`,
    () => leaving.hello({ goodbye: true }),
    1,
  );
}
measure("S of a name whose sources died", () => peer.search("shared"));
measure("a sweep", () => index.store.sweep(index.now));

function fill(): void {
  const senders = new SenderTable();
  const digest = new Uint8Array(32);
  for (let n = 0; n < COUNT; n++) {
    const from = senders.sender(
      "192.0.2.1",
      1_000 + Math.floor(n / PER_OWNER),
    )!;
    new DataView(digest.buffer).setUint32(0, n);
    const text = n % 4 === 0
      ? "shared"
      : n % 2 === 0
      ? `folder/file-${n}`
      : `${n}/`.padEnd(250, "x") + "/".padEnd(250, "x") + "/".padEnd(250, "x");
    index.store.register({
      from,
      content: {
        peer: new TextView().assign(`${n}`),
        name: new TextView().assign(text),
        digest: new DigestView().point(n % 4 ? digest : digestOf(1), 0),
        size: 1_000,
        exponent: 18,
        modified: 0,
        partial: false,
      },
      port: 6_000,
      leaseMs: 65_535_000,
    }, index.now);
  }
}

/** What `ask` gives is done afterwards, and not measured. */
function measure(
  what: string,
  ask: () => unknown,
  times = TIMES,
): void {
  const holds = new Holds();
  for (let n = 0; n < times; n++) {
    const rest = holds.time(ask);
    if (typeof rest === "function") rest();
  }
  console.log(`${what.padEnd(40)} ${holds}`);
}
