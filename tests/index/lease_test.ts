import { assertEquals, assertThrows } from "@std/assert";
import { grantLease, leaseTerms } from "../../index/lease.ts";
import { TestIndex } from "./test_index.ts";
import { acknowledged, refusal, signerOf, TestPeer } from "./test_peer.ts";

Deno.test("the lease is what is wanted, within what the index grants", () => {
  const index = new TestIndex({ lease: { standard: 60, min: 10, max: 300 } });
  const peer = new TestPeer(index);
  for (
    const [wanted, granted] of [
      [0, 60],
      [1, 10],
      [10, 10],
      [61, 61],
      [300, 300],
      [65_535, 300],
    ] as const
  ) assertEquals(acknowledged(peer.hello({ lease: wanted })).lease, granted);
  assertEquals(acknowledged(peer.register("a.txt")).lease, 300);
});

Deno.test("what nobody renews is gone when its lease is over, swept or not", () => {
  for (const sweep of [false, true]) {
    const index = new TestIndex();
    const peer = new TestPeer(index, "192.0.2.1");
    const other = new TestPeer(index, "192.0.2.2");
    other.hello({ lease: 3_600 });
    peer.register("a.txt");
    index.pass(59_999);
    if (sweep) index.sweep();
    assertEquals(other.search("a.txt").sources.length, 1);
    index.pass(1);
    if (sweep) index.sweep();
    assertEquals(refusal(other.search("a.txt").head), "NOT_FOUND");
    assertEquals(other.list().entries, []);
    assertEquals(refusal(peer.deregister("a.txt")), "NOT_FOUND");
  }
});

Deno.test("R and H renew all that the owner has", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("a.txt");
  index.pass(50_000);
  peer.register("b.txt");
  index.pass(50_000);
  peer.hello();
  index.pass(59_999);
  assertEquals(peer.list().entries.length, 2);
  index.pass(1);
  assertEquals(peer.list().entries.length, 0);
});

Deno.test("T, S and O renew nothing", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("a.txt");
  index.pass(59_000);
  peer.deregister("b.txt");
  peer.search("a.txt");
  peer.list();
  index.pass(1_000);
  assertEquals(peer.list().entries.length, 0);
});

Deno.test("a name is free when the lease of who had it is over", () => {
  const index = new TestIndex();
  const dead = new TestPeer(index, "192.0.2.1");
  dead.register("a.txt");
  index.pass(59_999);
  const other = new TestPeer(index, "192.0.2.2");
  assertEquals(refusal(other.register("a.txt")), "NAME_TAKEN");
  index.pass(1);
  acknowledged(other.register("a.txt"));
  assertEquals(refusal(dead.register("a.txt")), "NAME_TAKEN");
});

Deno.test("who comes back too late starts from nothing", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const peer = new TestPeer(index);
  peer.hello({}, key);
  peer.register("a.txt");
  index.pass(60_000);
  assertEquals(acknowledged(peer.hello({}, key)).count, 0);
  assertEquals(peer.list().entries, []);
  acknowledged(peer.register("a.txt"));
  assertEquals(acknowledged(peer.hello({}, key)).count, 1);
});

Deno.test("a shorter lease than before counts from now", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({ lease: 3_600 });
  peer.register("a.txt");
  peer.hello({ lease: 10 });
  // Leases are looked over by the second.
  index.pass(11_000);
  index.sweep();
  assertEquals(index.store.counts().owners, 0);
});

Deno.test("the sweep frees all that has run out, a bounded part at a time", () => {
  const index = new TestIndex({ limits: { maxRate: 0 } });
  for (let n = 0; n < 40; n++) {
    const peer = new TestPeer(index, "192.0.2.1", 5_000 + n);
    peer.hello({ lease: 20 + n });
    for (let i = 0; i < 100; i++) peer.register(`${i}`, { peer: `${n}` });
  }
  index.pass(41_000);
  let rounds = 0;
  while (index.store.sweep(index.now)) rounds++;
  assertEquals(rounds >= 4, true);
  assertEquals(index.store.counts(), {
    registrations: 1_900,
    owners: 19,
    expired: 21,
  });
  index.pass(24 * 3_600_000);
  index.sweep();
  assertEquals(index.store.counts(), {
    registrations: 0,
    owners: 0,
    expired: 40,
  });
});

Deno.test("a search passes over a crowd that died at once", () => {
  const index = new TestIndex({ limits: { maxRate: 0 } });
  const old = new TestPeer(index, "192.0.2.1");
  old.hello({ lease: 3_600 });
  old.register("a.txt", { peer: "old" });
  const crowd = new TestPeer(index, "192.0.2.2");
  for (let n = 0; n < 2_500; n++) crowd.register("a.txt", { peer: `${n}` });
  index.pass(60_000);
  // Each search clears a bounded part of the way.
  assertEquals(refusal(old.search("a.txt").head), "BUSY");
  assertEquals(refusal(old.search("a.txt").head), "BUSY");
  const { head, sources } = old.search("a.txt");
  assertEquals(acknowledged(head).count, 1);
  assertEquals(sources.map((source) => source.peer as string), ["old"]);
});

Deno.test("leaseTerms() takes what fits together, and nothing else", () => {
  assertEquals(leaseTerms({ standard: 5 }), {
    standard: 5,
    min: 5,
    max: 3_600,
  });
  assertEquals(leaseTerms({ standard: 7_200 }).max, 7_200);
  assertEquals(grantLease(leaseTerms(), 0), 60);
  for (
    const wrong of [
      { standard: 0 },
      { standard: 1.5 },
      { max: 65_536 },
      { min: 61 },
      { max: 59 },
      { standard: NaN },
    ]
  ) assertThrows(() => leaseTerms(wrong), RangeError);
});
