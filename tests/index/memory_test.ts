import { assert, assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import { HalfSipHash } from "../../index/half_siphash.ts";
import { Calendar } from "../../index/memory/calendar.ts";
import { LinearIndex, LINK_WORDS } from "../../index/memory/linear_index.ts";
import { LinkedList } from "../../index/memory/linked_list.ts";
import { Owner } from "../../index/memory/owner.ts";
import { NONE, Slab } from "../../index/memory/slab.ts";
import { TextTable } from "../../index/memory/text_table.ts";
import { TextView } from "../../index/text_view.ts";
import { REPLY_LIFE_MS, ReplyMemory } from "../../index/reply_memory.ts";
import { UNSPECIFIED } from "../../protocol/address.ts";
import { START } from "./test_index.ts";

const HASH = new HalfSipHash(new Uint8Array(8));

Deno.test("Slab.take() gives zeroed records whose ids are used again", () => {
  const slab = new Slab(3);
  const ids = Array.from({ length: 10_000 }, () => slab.take());
  assertEquals(new Set(ids).size, 10_000);
  assert(!ids.includes(NONE));
  for (const id of ids) for (const word of [0, 1, 2]) slab.set(id, word, -id);
  for (const id of ids) assertEquals(slab.get(id, 1), -id);
  for (const id of ids) slab.release(id);
  assertEquals(slab.used, 0);
  const again = Array.from({ length: 10_000 }, () => slab.take());
  assertEquals(again.toSorted((a, b) => a - b), ids);
  for (const id of again) {
    assertEquals([0, 1, 2].map((word) => slab.get(id, word)), [0, 0, 0]);
  }
});

Deno.test("Slab.count() keeps whole numbers up to 2^53", () => {
  const slab = new Slab(2);
  const id = slab.take();
  for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 44, 8.64e15]) {
    slab.setCount(id, 0, value);
    assertEquals(slab.count(id, 0), value);
  }
});

Deno.test("LinearIndex finds what was inserted and not removed, through growth", () => {
  const slab = new Slab(1 + LINK_WORDS);
  const index = new LinearIndex(slab, 1);
  const live = new Map<number, number>();
  let state = 1;
  for (let n = 0; n < 60_000; n++) {
    state = Math.imul(state, 1_103_515_245) + 12_345 | 0;
    if (n % 3 === 2) {
      const [value, id] = live.entries().next().value!;
      live.delete(value);
      index.remove(id);
      slab.release(id);
    } else {
      const id = slab.take();
      slab.set(id, 0, n);
      // Many share a hash.
      index.insert(id, hashOf(n));
      live.set(n, id);
    }
  }
  for (const [value, id] of live) assertEquals(find(value), id);
  for (let n = 0; n < 60_000; n++) {
    if (!live.has(n)) assertEquals(find(n), NONE);
  }

  function hashOf(value: number): number {
    return HASH.pair(value >> 2, 0);
  }

  function find(value: number): number {
    let id = index.first(hashOf(value));
    while (id !== NONE && slab.get(id, 0) !== value) id = index.next(id);
    return id;
  }
});

Deno.test("LinkedList keeps its order whatever is taken out", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (moves) => {
      const slab = new Slab(2);
      const list = new LinkedList(slab, 0);
      const ids = Array.from({ length: 21 }, () => slab.take());
      let head = NONE;
      let expected: number[] = [];
      for (const move of moves) {
        const id = ids[move]!;
        if (expected.includes(id)) {
          head = list.remove(head, id);
          expected = expected.filter((each) => each !== id);
        } else {
          head = list.pushFront(head, id);
          expected.unshift(id);
        }
        const found = [];
        for (let at = head; at !== NONE; at = list.next(at)) found.push(at);
        assertEquals(found, expected);
      }
    }),
  );
});

Deno.test("TextTable gives a text one number for as long as it is referred to", () => {
  const table = new TextTable(HASH);
  const texts = Array.from({ length: 823 }, (_, i) => "é".repeat(i / 2) + i);
  const view = (text: string) => new TextView().assign(text);
  const ids = texts.map((text) => table.acquire(view(text)));
  assertEquals(new Set(ids).size, texts.length);
  assertEquals(ids.map((id) => table.read(id)), texts);
  assertEquals(texts.map((text) => table.acquire(view(text))), ids);
  for (const id of ids) table.release(id);
  assertEquals(texts.map((text) => table.find(view(text))), ids);
  for (const id of ids) table.release(id);
  assertEquals(
    texts.map((text) => table.find(view(text))),
    ids.map(() => NONE),
  );
  assertEquals(table.size, 0);
  const { bytes } = table;
  for (const text of texts) table.acquire(view(text));
  assertEquals(table.bytes, bytes, "memory is used again");
});

Deno.test("Calendar names every owner once its lease is over, and none before", () => {
  const moves = fc.array(
    fc.record({
      owner: fc.nat({ max: 4 }),
      lease: fc.integer({ min: 1, max: 70_000_000 }),
      pass: fc.oneof(
        fc.nat({ max: 3_000 }),
        fc.nat({ max: 9_000_000 }),
      ),
      stepsLeft: fc.integer({ min: 1, max: 10_000 }),
    }),
  );
  fc.assert(fc.property(moves, (all) => {
    let now = START;
    const calendar = new Calendar(now);
    const owners = Array.from({ length: 5 }, (_, id) => ownerOf(id));
    const entered = new Set<Owner>();
    for (const { owner: id, lease, pass, stepsLeft } of all) {
      const owner = owners[id]!;
      owner.leaseEnd = now + lease;
      if (entered.has(owner)) calendar.strike(owner);
      calendar.enter(owner);
      entered.add(owner);
      now += pass;
      take(stepsLeft);
    }
    now += 100_000_000;
    take(1_000_000);
    assertEquals(entered.size, 0);

    function take(left: number): void {
      const steps = { left };
      for (;;) {
        const due = calendar.takeDue(now, steps);
        if (!due) break;
        assert(due.leaseEnd <= now);
        calendar.strike(due);
        assert(entered.delete(due));
      }
      if (steps.left === 0) return;
      // With steps to spare nobody is more than a second late.
      for (const owner of entered) assert(owner.leaseEnd > now - 1_000);
    }
  }));
});

Deno.test("ReplyMemory recalls by sender, number and content, for its time", () => {
  const memory = new ReplyMemory(1_024, START);
  const mark = { senderHigh: 1, senderLow: 2, transaction: 3, content: 4 };
  assertEquals(memory.recall(mark, START), 0);
  memory.remember(mark, 77, START);
  assertEquals(memory.recall(mark, START), 77);
  for (
    const other of [
      { ...mark, senderHigh: 9 },
      { ...mark, senderLow: 9 },
      { ...mark, transaction: 9 },
      { ...mark, content: 9 },
    ]
  ) assertEquals(memory.recall(other, START), 0);
  assertEquals(memory.recall(mark, START + REPLY_LIFE_MS - 1), 77);
  assertEquals(memory.recall(mark, START + REPLY_LIFE_MS), 0);
});

Deno.test("ReplyMemory forgets the oldest first where a bucket is full", () => {
  const memory = new ReplyMemory(8, START);
  const mark = (transaction: number) => ({
    senderHigh: 1,
    senderLow: 2,
    transaction,
    content: 0,
  });
  for (let n = 0; n < 20; n++) memory.remember(mark(n), n + 1, START + n);
  for (let n = 0; n < 20; n++) {
    assertEquals(memory.recall(mark(n), START + 20), n < 12 ? 0 : n + 1);
  }
});

Deno.test("ReplyMemory goes on after 49 days", () => {
  const memory = new ReplyMemory(8, START);
  const mark = { senderHigh: 1, senderLow: 2, transaction: 3, content: 4 };
  for (let days = 0; days < 120; days++) {
    const now = START + days * 86_400_000;
    assertEquals(memory.recall(mark, now), 0);
    memory.remember(mark, 5, now);
    assertEquals(memory.recall(mark, now + 1_000), 5);
  }
});

function ownerOf(id: number): Owner {
  return new Owner(id, {
    from: { address: UNSPECIFIED },
    load: { prefix: "", registrations: 0, owners: 0 },
    leaseMs: 0,
    leaseEnd: 0,
  });
}
