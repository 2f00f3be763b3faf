import { assertEquals } from "@std/assert";
import { formatAddress } from "../../protocol/address.ts";
import { NOTHING_DIGEST } from "../../protocol/metadata.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  deregisterOf,
  digestOf,
  headOf,
  refusal,
  registerOf,
  signerOf,
  TestPeer,
} from "./test_peer.ts";

Deno.test("R registers under the packet's source address and its own port", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index, "192.0.2.1");
  assertEquals(acknowledged(peer.register("a.txt", { port: 6_010 })).lease, 60);
  const [source] = peer.search("a.txt").sources;
  assertEquals(formatAddress(source!.address), "192.0.2.1");
  assertEquals([source!.port, source!.peer, source!.name, source!.size], [
    6_010,
    "Bob",
    "a.txt",
    1_000,
  ]);
});

Deno.test("R of another owner's name is refused as the original refused it", () => {
  const index = new TestIndex();
  const owner = new TestPeer(index, "192.0.2.1");
  owner.register("a.txt");
  const squatter = new TestPeer(index, "192.0.2.2");
  const error = squatter.register("a.txt");
  assertEquals(refusal(error), "NAME_TAKEN");
  assertEquals(
    error.text,
    "File associated with another User --> Pick another user name",
  );
  acknowledged(squatter.register("a.txt", { peer: "Eve" }));
  assertEquals(owner.list().entries.length, 2);
});

Deno.test("R again by the same owner replaces what it said", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("a.txt", { port: 1 });
  peer.register("a.txt", {
    port: 2,
    metadata: { digest: digestOf(9), size: 5, partial: true, modified: 7 },
  });
  const { head, sources } = peer.search("a.txt");
  const { metadata, count } = acknowledged(head);
  assertEquals(count, 1);
  assertEquals(metadata, {
    digest: digestOf(9),
    size: 5,
    partial: true,
    modified: 7,
    exponent: 18,
  });
  assertEquals(sources.map((source) => source.port), [2]);
  assertEquals(refusal(peer.search(undefined, digestOf(1)).head), "NOT_FOUND");
});

Deno.test("T removes what its owner has, and nothing else", () => {
  const index = new TestIndex();
  const owner = new TestPeer(index, "192.0.2.1");
  owner.register("a.txt");
  owner.register("b.txt");
  const stranger = new TestPeer(index, "192.0.2.2");
  const error = stranger.deregister("a.txt");
  assertEquals(refusal(error), "NOT_FOUND");
  assertEquals(error.text, "File does not exist");
  stranger.register("c.txt", { peer: "Eve" });
  assertEquals(refusal(stranger.deregister("a.txt")), "NOT_FOUND");
  acknowledged(owner.deregister("a.txt"));
  assertEquals(refusal(owner.deregister("a.txt")), "NOT_FOUND");
  assertEquals(refusal(owner.deregister("b.txt", "Eve")), "NOT_FOUND");
  assertEquals(owner.list().entries.map((entry) => entry.name), [
    "b.txt",
    "c.txt",
  ]);
});

Deno.test("a name of 822 bytes is registered, found, listed and removed", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const ascii = `${"d/".repeat(300)}${"x".repeat(222)}`;
  const wide = `${"ü/".repeat(200)}${"漢".repeat(74)}`;
  assertEquals(new TextEncoder().encode(ascii).length, 822);
  assertEquals(new TextEncoder().encode(wide).length, 822);
  for (const name of [ascii, wide]) {
    acknowledged(peer.register(name, { metadata: { digest: digestOf(3) } }));
    assertEquals(peer.search(name).sources.map((each) => each.name as string), [
      name,
    ]);
  }
  assertEquals(peer.list().entries.map((entry) => entry.name as string), [
    ascii,
    wide,
  ]);
  acknowledged(peer.deregister(ascii));
  acknowledged(peer.deregister(wide));
  assertEquals(index.store.counts().registrations, 0);
});

Deno.test("names that begin alike are told apart", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const names = Array.from({ length: 120 }, (_, i) => "n".repeat(i + 1));
  for (const [seed, name] of names.entries()) {
    peer.register(name, { metadata: { digest: digestOf(seed) } });
  }
  for (const [seed, name] of names.entries()) {
    const { metadata } = acknowledged(peer.search(name).head);
    assertEquals(metadata!.digest, digestOf(seed));
  }
});

Deno.test("an R that arrives twice is applied once and answered alike", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({ lease: 100 });
  const request = peer.datagram(registerOf("a.txt"));
  const first = acknowledged(headOf(peer.send(request)));
  peer.deregister("a.txt");
  const again = acknowledged(headOf(peer.send(request)));
  assertEquals(again, first);
  assertEquals(peer.list().entries, []);
  assertEquals(index.counters.repeated, 1);
});

Deno.test("a T that arrives twice is answered A twice", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("a.txt");
  const request = peer.datagram(deregisterOf("a.txt"));
  acknowledged(headOf(peer.send(request)));
  acknowledged(headOf(peer.send(request)));
  peer.register("a.txt");
  acknowledged(headOf(peer.send(request)));
  assertEquals(peer.list().entries.length, 1);
});

Deno.test("a T that was refused is refused again, whatever came between", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  const request = peer.datagram(deregisterOf("a.txt"));
  assertEquals(refusal(headOf(peer.send(request))), "NOT_FOUND");
  peer.register("a.txt");
  assertEquals(refusal(headOf(peer.send(request))), "NOT_FOUND");
  assertEquals(peer.list().entries.length, 1);
});

Deno.test("a T repeated under a newer token is answered as the first was", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("a.txt");
  const transaction = peer.transaction;
  acknowledged(headOf(peer.send(peer.datagram(deregisterOf("a.txt")))));
  index.pass(60_000);
  peer.search("a.txt");
  peer.transaction = transaction;
  acknowledged(headOf(peer.send(peer.datagram(deregisterOf("a.txt")))));
});

Deno.test("a number that is used again for something else is something else", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.register("a.txt");
  peer.register("b.txt");
  const transaction = peer.transaction;
  acknowledged(peer.deregister("a.txt"));
  peer.transaction = transaction;
  acknowledged(peer.deregister("b.txt"));
  assertEquals(peer.list().entries, []);
});

Deno.test("what was answered is remembered for each endpoint by itself", () => {
  const index = new TestIndex();
  const one = new TestPeer(index, "192.0.2.1");
  const two = new TestPeer(index, "192.0.2.2");
  one.hello();
  two.hello();
  one.transaction = two.transaction = 4_711;
  const register = registerOf("a.txt");
  acknowledged(headOf(one.send(one.datagram(register))));
  assertEquals(
    refusal(headOf(two.send(two.datagram(register)))),
    "NAME_TAKEN",
  );
});

Deno.test("an answer is forgotten when no token of its time is valid", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({ lease: 600 });
  const transaction = peer.transaction;
  peer.register("a.txt");
  acknowledged(peer.deregister("a.txt"));
  index.pass(120_000);
  peer.search("a.txt");
  peer.transaction = transaction;
  acknowledged(peer.register("a.txt"));
  assertEquals(peer.list().entries.length, 1);
});

Deno.test("a registration under a key survives the loss of the endpoint's token", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({}, signerOf(1));
  peer.register("a.txt");
  peer.token = 0n;
  acknowledged(peer.register("b.txt"));
  assertEquals(acknowledged(peer.hello({}, signerOf(1))).count, 2);
});

Deno.test("an empty folder is registered, found, listed and removed under its name", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const metadata = { size: 0, digest: NOTHING_DIGEST };
  acknowledged(peer.register("photos/empty/", { metadata }));
  acknowledged(peer.register("photos/empty", { peer: "Eve" }));
  const listed = (filter: string) =>
    peer.list(filter).entries.map(({ name, size }) => `${name} ${size}`);
  assertEquals(listed(""), ["photos/empty/ 0", "photos/empty 1000"]);
  assertEquals(listed("photos/*"), ["photos/empty 1000"]);
  assertEquals(listed("photos/** peer:bob"), ["photos/empty/ 0"]);
  const { head, sources } = peer.search("photos/empty/");
  assertEquals(acknowledged(head).count, 1);
  assertEquals(sources[0]!.name, "photos/empty/");
  acknowledged(peer.deregister("photos/empty/"));
  assertEquals(refusal(peer.deregister("photos/empty/")), "NOT_FOUND");
});

Deno.test("an empty folder that has a content is refused", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const nothing = { size: 0, digest: NOTHING_DIGEST };
  const name = `${"deep/".repeat(30)}empty/`;
  for (
    const wrong of [{ size: 1 }, { digest: digestOf(1) }, { partial: true }]
  ) {
    const metadata = { ...nothing, ...wrong };
    for (const each of ["empty/", name]) {
      assertEquals(refusal(peer.register(each, { metadata })), "MALFORMED");
    }
  }
  assertEquals(peer.list().entries, []);
  acknowledged(peer.register(name, { metadata: nothing }));
  assertEquals(peer.list().entries.length, 1);
});
