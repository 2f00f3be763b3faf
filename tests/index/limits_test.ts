import { assert, assertEquals, assertThrows } from "@std/assert";
import { Budget } from "../../index/budget.ts";
import { DEFAULT_LIMITS, limitsOf } from "../../index/limits.ts";
import { addressPrefix } from "../../index/sender.ts";
import { parseAddress } from "../../protocol/address.ts";
import { contentName } from "../../protocol/name.ts";
import { encodeSearch } from "../../protocol/request.ts";
import { START, TestIndex } from "./test_index.ts";
import { acknowledged, refusal, signerOf, TestPeer } from "./test_peer.ts";

Deno.test("maxRegistrations: the index is full, and says so", () => {
  const index = new TestIndex({ limits: { maxRegistrations: 3 } });
  const peer = new TestPeer(index);
  for (const name of ["a", "b", "c"]) acknowledged(peer.register(name));
  assertEquals(refusal(peer.register("d")), "FULL");
  acknowledged(peer.register("a"));
  peer.deregister("b");
  acknowledged(peer.register("d"));
});

Deno.test("maxRegistrations: the dead make room for the living", () => {
  const index = new TestIndex({ limits: { maxRegistrations: 3 } });
  const dead = new TestPeer(index, "192.0.2.1");
  for (const name of ["a", "b", "c"]) acknowledged(dead.register(name));
  index.pass(62_000);
  const peer = new TestPeer(index, "192.0.2.2");
  acknowledged(peer.register("d"));
});

Deno.test("maxPerOwner: one owner does not fill the index", () => {
  const index = new TestIndex({ limits: { maxPerOwner: 2 } });
  const peer = new TestPeer(index, "192.0.2.1");
  const other = new TestPeer(index, "192.0.2.2");
  peer.register("a");
  peer.register("b");
  assertEquals(refusal(peer.register("c")), "FULL");
  acknowledged(other.register("c"));
});

Deno.test("maxPerAddress: many owners at one address count as one", () => {
  const index = new TestIndex({ limits: { maxPerAddress: 2 } });
  const at = (hostname: string, port: number) =>
    new TestPeer(index, hostname, port);
  acknowledged(at("2001:db8::1", 1).register("a"));
  acknowledged(at("2001:db8::2", 2).register("b"));
  assertEquals(refusal(at("2001:db8::3:4", 3).register("c")), "FULL");
  acknowledged(at("2001:db8:0:1::1", 1).register("c"));
  acknowledged(at("192.0.2.1", 1).register("d"));
  acknowledged(at("192.0.2.2", 1).register("e"));
});

Deno.test("maxPerAddress: what moves away gives its room back", () => {
  const index = new TestIndex({ limits: { maxPerAddress: 1 } });
  const key = signerOf(1);
  const first = new TestPeer(index, "192.0.2.1", 1);
  first.hello({}, key);
  acknowledged(first.register("a"));
  const neighbour = new TestPeer(index, "192.0.2.1", 2);
  assertEquals(refusal(neighbour.register("b")), "FULL");
  const moved = new TestPeer(index, "192.0.2.9", 1);
  acknowledged(moved.hello({}, key));
  acknowledged(neighbour.register("b"));
  assertEquals(refusal(moved.register("c")), "FULL");
});

Deno.test("maxOwners and maxOwnersPerAddress: sessions are bounded", () => {
  const index = new TestIndex({
    limits: { maxOwners: 4, maxOwnersPerAddress: 2 },
  });
  const at = (host: number, port: number) =>
    new TestPeer(index, `192.0.2.${host}`, port);
  acknowledged(at(1, 1).hello());
  acknowledged(at(1, 2).hello({}, signerOf(1)));
  assertEquals(refusal(at(1, 3).hello()), "FULL");
  assertEquals(refusal(at(1, 4).register("a")), "FULL");
  acknowledged(at(2, 1).hello());
  acknowledged(at(3, 1).hello());
  assertEquals(refusal(at(4, 1).hello({}, signerOf(2))), "FULL");
  acknowledged(at(3, 1).hello({ goodbye: true }));
  acknowledged(at(4, 1).hello({}, signerOf(2)));
  index.pass(62_000);
  index.sweep();
  acknowledged(at(1, 3).hello());
});

Deno.test("maxRate: E BUSY with retry-after, then silence, then service", () => {
  const index = new TestIndex({ limits: { maxRate: 10 } });
  const peer = new TestPeer(index, "192.0.2.1");
  const other = new TestPeer(index, "192.0.2.2");
  peer.hello();
  let served = 0;
  for (;;) {
    const { head } = peer.search("a");
    if (head.type === "E" && head.error === "BUSY") {
      assertEquals(head.retryAfter, 1);
      break;
    }
    served++;
  }
  assertEquals(served, 49);
  const replies = Array.from(
    { length: 100 },
    () => peer.send(peer.datagram(searchOf)).length,
  );
  assertEquals(replies.filter((count) => count > 0).length, 19);
  assertEquals(index.counters.dropped.rate, 81);
  assertEquals(refusal(other.search("a").head), "NOT_FOUND");
  index.pass(1_000);
  assertEquals(refusal(peer.search("a").head), "NOT_FOUND");
});

Deno.test("maxRate: all hosts of an IPv6 /64 share what one of them may", () => {
  const index = new TestIndex({ limits: { maxRate: 10 } });
  const first = new TestPeer(index, "2001:db8::1");
  const second = new TestPeer(index, "2001:db8::ffff:2:3");
  const other = new TestPeer(index, "2001:db8:0:1::1");
  for (const peer of [first, second, other]) peer.hello();
  for (let n = 0; n < 48; n++) first.search("a");
  assertEquals(refusal(second.search("a").head), "BUSY");
  assertEquals(refusal(other.search("a").head), "NOT_FOUND");
});

Deno.test("maxRate: who forges an address spends nothing of its owner's", () => {
  const index = new TestIndex({ limits: { maxRate: 10 } });
  const victim = new TestPeer(index, "192.0.2.1");
  victim.hello();
  const forger = new TestPeer(index, "192.0.2.1", 6_666);
  for (let n = 0; n < 1_000; n++) {
    forger.token = BigInt(n);
    index.deliver(forger.datagram(searchOf), forger);
  }
  assertEquals(index.counters.dropped.rate > 900, true);
  acknowledged(victim.hello());
});

Deno.test("maxRate 0 limits nothing", () => {
  const index = new TestIndex({ limits: { maxRate: 0 } });
  const peer = new TestPeer(index);
  for (let n = 0; n < 5_000; n++) {
    assertEquals(refusal(peer.search("a").head), "NOT_FOUND");
  }
});

Deno.test("signatures: those who flood with them keep nobody from his session", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const peer = new TestPeer(index, "192.0.2.1");
  acknowledged(peer.hello({}, key));
  const forged = { key: signerOf(2).key, sign: () => new Uint8Array(64) };
  let checked = 0;
  for (let n = 0; n < 12_000; n++) {
    const from = new TestPeer(index, `198.51.${n >> 8}.${n & 255}`);
    if (refusal(from.hello({}, forged)) === "SIGNATURE") checked++;
  }
  // What may come at once, without the one that the peer's own hello took.
  assertEquals(checked, 9_999);
  const newcomer = new TestPeer(index, "192.0.2.2");
  const busy = newcomer.hello({}, signerOf(3));
  assertEquals(refusal(busy), "BUSY");
  assertEquals(busy.type === "E" && busy.retryAfter, 1);
  acknowledged(peer.hello({}, key));
  acknowledged(peer.register("a.txt"));
  index.pass(1_000);
  acknowledged(newcomer.hello({}, signerOf(3)));
});

Deno.test("Budget.spend() watches a bounded number of addresses", () => {
  const budget = new Budget(1, 16);
  for (let n = 0; n < 5; n++) {
    assertEquals(budget.spend("first", START), "SERVE");
  }
  assertEquals(budget.spend("first", START), "BUSY");
  for (let n = 0; n < 16; n++) budget.spend(`other ${n}`, START);
  // It was the oldest and made room.
  assertEquals(budget.spend("first", START), "SERVE");
});

Deno.test("addressPrefix() takes IPv4 as it is and IPv6 by /64", () => {
  const prefix = (text: string) => addressPrefix(parseAddress(text)!);
  assertEquals(prefix("192.0.2.1"), prefix("::ffff:192.0.2.1"));
  assert(prefix("192.0.2.1") !== prefix("192.0.2.2"));
  assertEquals(prefix("2001:db8::1"), prefix("2001:db8::ffff:1:2:3"));
  assert(prefix("2001:db8::1") !== prefix("2001:db8:0:1::1"));
  assert(prefix("::1") !== prefix("::2"));
});

Deno.test("limitsOf() keeps every limit in its range", () => {
  assertEquals(limitsOf(), DEFAULT_LIMITS);
  assertEquals(limitsOf({ maxRate: 0 }).maxRate, 0);
  for (
    const wrong of [
      { maxRegistrations: 0 },
      { maxPerOwner: -1 },
      { maxReplies: 1.5 },
      { maxRate: NaN },
      { maxOwners: Infinity },
      { maxAddresses: 1 },
    ]
  ) assertThrows(() => limitsOf(wrong), RangeError);
});

const searchOf = (
  pdus: Parameters<typeof encodeSearch>[0],
  head: { transaction: number; token: bigint },
) => encodeSearch(pdus, 0, { ...head, name: contentName("a") });
