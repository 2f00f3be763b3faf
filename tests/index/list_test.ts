import { assert, assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import { LIST_BUDGET, LOOK_COST, parseFilter } from "../../index/filter.ts";
import { MAX_EMPTY_PAGES } from "../../peer/listing.ts";
import { isLastPage, type RecordReply } from "../../protocol/reply.ts";
import { NO_CURSOR } from "../../protocol/request.ts";
import { TestIndex } from "./test_index.ts";
import { acknowledged, refusal, TestPeer } from "./test_peer.ts";

/** The longest name, and the longest filter. */
const NAME_BYTES = 822;

Deno.test("an empty index says List Empty", () => {
  const peer = new TestPeer(new TestIndex());
  assertEquals(peer.list(), { entries: [], count: 0, text: "List Empty" });
  assertEquals(peer.list("a"), { entries: [], count: 0, text: "List Empty" });
});

Deno.test("the list gives every registration once, page by page", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const names = Array.from({ length: 100 }, (_, i) => `file ${i}`);
  for (const name of names) peer.register(name);
  const { entries, count } = peer.list();
  assertEquals(entries.map((entry) => entry.name as string), names);
  assertEquals(count, 100);
  const page = peer.page();
  assertEquals(page.entries.length, 11);
  assertEquals(acknowledged(page.head).count, 100);
});

Deno.test("names of every length are listed whole", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const names = Array.from(
    { length: 137 },
    (_, i) => `${i}/${"d/".repeat(3 * i)}x`.slice(-822).replace(/^\//, "_"),
  );
  for (const name of names) acknowledged(peer.register(name));
  const { entries } = peer.list();
  assertEquals(entries.map((entry) => entry.name as string), names);
});

Deno.test("a filter finds words, patterns and peers, whatever their case", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("Music/Bach/Fugue.mp3", { peer: "Alice" });
  peer.register("music/Bach.txt", { peer: "Bob" });
  peer.register("Straße.txt", { peer: "Bob" });
  const found = (filter: string) =>
    peer.list(filter).entries.map((entry) => entry.name as string);
  assertEquals(found("BACH"), ["Music/Bach/Fugue.mp3", "music/Bach.txt"]);
  assertEquals(found("bach mp3"), ["Music/Bach/Fugue.mp3"]);
  assertEquals(found("  mp3   bach "), ["Music/Bach/Fugue.mp3"]);
  assertEquals(found("*.txt"), ["Straße.txt"]);
  assertEquals(found("**.txt"), ["music/Bach.txt", "Straße.txt"]);
  assertEquals(found("music/*"), ["music/Bach.txt"]);
  assertEquals(found("music/**"), ["Music/Bach/Fugue.mp3", "music/Bach.txt"]);
  assertEquals(found("stra*"), ["Straße.txt"]);
  assertEquals(found("peer:bob"), ["music/Bach.txt", "Straße.txt"]);
  assertEquals(found("peer:bob bach"), ["music/Bach.txt"]);
  assertEquals(found("peer:bob peer:alice"), []);
  assertEquals(found("*"), ["Straße.txt"]);
  assertEquals(found("bach.*"), []);
});

Deno.test("the count of a filter grows to what matches", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  for (let n = 0; n < 60; n++) peer.register(n % 2 ? `odd ${n}` : `${n}`);
  assertEquals(peer.list("odd").count, 30);
  const nothing = peer.list("neither");
  assertEquals([nothing.count, nothing.text], [0, "Nothing matches"]);
});

Deno.test("a filter of 822 bytes is read whole", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const name = `${"d/".repeat(300)}${"x".repeat(222)}`;
  peer.register(name);
  peer.register(`y${name.slice(1)}`);
  assertEquals(peer.list(name).entries.map((each) => each.name as string), [
    name,
  ]);
});

Deno.test("the work of a page is bounded, and pages may be empty", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  for (let n = 0; n < 5_000; n++) peer.register(`${n}`);
  const page = peer.page("4999");
  assertEquals(page.entries, []);
  assert(!isLastPage(acknowledged(page.head).cursor));
  assertEquals(peer.list("4999").entries.length, 1);
});

Deno.test("a cursor that is none of this index's is refused", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  for (let n = 0; n < 30; n++) peer.register(`${n}`);
  const { cursor } = acknowledged(peer.page().head);
  for (let bit = 0; bit < 12 * 8; bit++) {
    const wrong = cursor.slice();
    wrong[bit >> 3]! ^= 1 << (bit & 7);
    const { head, entries } = peer.page("", wrong);
    if (head.type === "E") assertEquals(refusal(head), "MALFORMED");
    else assert(entries.length <= 11);
  }
  const other = new TestPeer(new TestIndex({ seed: 9 }));
  other.register("a");
  assertEquals(refusal(other.page("", cursor).head), "MALFORMED");
});

Deno.test("whatever happens meanwhile, who was there throughout is listed once", () => {
  const change = fc.record({
    add: fc.boolean(),
    peer: fc.integer({ min: 0, max: 3 }),
    name: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 80 }),
      fc.array(fc.array(change, { maxLength: 30 }), { maxLength: 20 }),
      (steady, rounds) => {
        const index = new TestIndex({ limits: { maxRate: 0 } });
        const peers = [0, 1, 2, 3].map((i) =>
          new TestPeer(index, `192.0.2.${i + 1}`)
        );
        const owner = new TestPeer(index, "198.51.100.1");
        // Those that stay lie among those that come and go.
        for (let n = 0; n < steady; n++) {
          peers[n % 4]!.register(`gone ${n}`, { peer: `${n % 4}` });
          owner.register(`steady ${n}`, { peer: "owner" });
        }
        const reader = new TestPeer(index, "203.0.113.1");
        const entries: RecordReply[] = [];
        let cursor = NO_CURSOR;
        let page = 0;
        do {
          const { head, entries: some } = reader.page("", cursor);
          entries.push(...some);
          cursor = acknowledged(head).cursor;
          for (const { add, peer, name } of rounds[page] ?? []) {
            const as = `${peer}`;
            if (add) peers[peer]!.register(`new ${name}`, { peer: as });
            else {
              peers[peer]!.deregister(`new ${name}`, as);
              peers[peer]!.deregister(`gone ${name}`, as);
            }
          }
          page++;
        } while (!isLastPage(cursor));
        const seen = entries.filter((entry) => entry.peer as string === "owner")
          .map((entry) => entry.name as string).sort();
        const expected = Array.from(
          { length: steady },
          (_, n) => `steady ${n}`,
        ).sort();
        assertEquals(seen, expected);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("parseFilter() agrees with a regular expression", () => {
  const letter = fc.constantFrom("a", "B", "/", "ß");
  const symbol = fc.constantFrom("a", "b", "/", "*", "**", ".", "ß");
  fc.assert(
    fc.property(
      fc.array(letter, { maxLength: 12 }).map((chars) => chars.join("")),
      fc.array(symbol, { minLength: 1, maxLength: 8 })
        .map((symbols) => symbols.join(""))
        .filter((pattern) => pattern.includes("*")),
      (name, pattern) => {
        const source = pattern.replace(
          /\*\*+|\*|\./g,
          (symbol) =>
            symbol === "." ? "\\." : symbol === "*" ? "[^/]*" : "[^]*",
        );
        const expected = new RegExp(`^${source}$`, "i").test(name);
        assertEquals(parseFilter(pattern)!.matches("x", name), expected);
      },
    ),
  );
});

Deno.test("parseFilter() asks nothing where there is nothing", () => {
  for (const text of ["", " ", "   "]) {
    assertEquals(parseFilter(text), undefined);
  }
});

Deno.test("parseFilter() finds words beside patterns", () => {
  const part = fc.constantFrom("a", "b", "ab", "ba", "/", "ß", "😀", ".");
  const text = (maxLength: number) =>
    fc.array(part, { minLength: 1, maxLength }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      text(40),
      fc.array(text(3), { minLength: 1, maxLength: 40 }),
      (name, words) => {
        const filter = parseFilter([...words, "**"].join(" "))!;
        const expected = words.every((word) => name.includes(word));
        assertEquals(filter.matches("x", name), expected);
      },
    ),
  );
});

Deno.test("the filters that are most work end within what a client waits for", () => {
  const letters = Array.from(
    { length: 411 },
    (_, i) => String.fromCharCode(0x4e00 + i),
  );
  const filters = [
    "x".repeat(NAME_BYTES),
    "*e".repeat(411),
    "**e".repeat(274),
    `${"e".repeat(409)} ${"f".repeat(409)} *`,
    "*e ".repeat(274),
    letters.slice(0, 205).join(" "),
    letters.slice(0, 164).join("* "),
    "İ".repeat(411),
    `e ${"e".repeat(NAME_BYTES - 3)}*`,
  ];
  for (const filter of filters) {
    const page = LIST_BUDGET /
      (LOOK_COST + parseFilter(filter)!.cost * NAME_BYTES);
    assert(1_000_000 / page < MAX_EMPTY_PAGES, `${filter.slice(0, 9)} ${page}`);
  }
});
