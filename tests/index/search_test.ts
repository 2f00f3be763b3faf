import { assert, assertEquals } from "@std/assert";
import { isUnspecified } from "../../protocol/address.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  digestOf,
  refusal,
  signerOf,
  TestPeer,
} from "./test_peer.ts";

Deno.test("a search for what nobody has says so as the original did", () => {
  const peer = new TestPeer(new TestIndex());
  const { head } = peer.search("a.txt");
  assertEquals(refusal(head), "NOT_FOUND");
  assertEquals(head.text, "File Request does not exist");
  assertEquals(refusal(peer.search(undefined, digestOf(1)).head), "NOT_FOUND");
  peer.register("a.txt");
  assertEquals(refusal(peer.search("a.txt", digestOf(2)).head), "NOT_FOUND");
  assertEquals(refusal(peer.search("b.txt", digestOf(1)).head), "NOT_FOUND");
});

Deno.test("a name means what its newest registration says", () => {
  const index = new TestIndex();
  const [one, two, three] = peersOf(index, 3);
  one!.register("a.txt", { peer: "1", metadata: { digest: digestOf(1) } });
  two!.register("a.txt", { peer: "2", metadata: { digest: digestOf(2) } });
  three!.register("a.txt", { peer: "3", metadata: { digest: digestOf(2) } });
  const found = one!.search("a.txt");
  assertEquals(acknowledged(found.head).metadata!.digest, digestOf(2));
  assertEquals(acknowledged(found.head).count, 2);
  assertEquals(namesOf(found), ["3", "2"]);
  three!.deregister("a.txt", "3");
  two!.deregister("a.txt", "2");
  assertEquals(namesOf(one!.search("a.txt")), ["1"]);
});

Deno.test("a renewal makes nothing newest, another digest does", () => {
  const index = new TestIndex();
  const [one, two] = peersOf(index, 2);
  one!.register("a.txt", { peer: "1" });
  two!.register("a.txt", { peer: "2", metadata: { digest: digestOf(2) } });
  one!.register("a.txt", { peer: "1" });
  assertEquals(namesOf(one!.search("a.txt")), ["2"]);
  one!.register("a.txt", { peer: "1", metadata: { digest: digestOf(3) } });
  assertEquals(namesOf(one!.search("a.txt")), ["1"]);
});

Deno.test("a search by digest finds sources under any name", () => {
  const index = new TestIndex();
  const [one, two, three] = peersOf(index, 3);
  one!.register("a.txt", { peer: "1" });
  two!.register("b.txt", { peer: "2" });
  three!.register("a.txt", { peer: "3", metadata: { digest: digestOf(2) } });
  const found = one!.search(undefined, digestOf(1));
  assertEquals(acknowledged(found.head).count, 2);
  assertEquals(
    found.sources.map(({ peer, name }) => `${peer} ${name}`),
    ["2 b.txt", "1 a.txt"],
  );
  assertEquals(namesOf(one!.search("a.txt", digestOf(1))), ["1"]);
});

Deno.test("a source that has less says so in an m of its own", () => {
  const index = new TestIndex();
  const [one, two, three] = peersOf(index, 3);
  one!.register("a.txt", { peer: "1", metadata: { partial: true } });
  two!.register("a.txt", { peer: "2", metadata: { modified: 1 } });
  three!.register("a.txt", { peer: "3" });
  const { head, sources } = one!.search("a.txt");
  assertEquals(acknowledged(head).metadata!.partial, false);
  assertEquals(
    sources.map(({ peer, metadata }) => [`${peer}`, metadata?.partial]),
    [["3", undefined], ["2", undefined], ["1", true]],
  );
});

Deno.test("sources come with the keys of their owners where there is room", () => {
  const index = new TestIndex();
  const keys = [1, 2, 3, 4, 5, 6, 7].map(signerOf);
  const peers = peersOf(index, 7);
  for (const [i, peer] of peers.entries()) {
    peer.hello({}, keys[i]);
    peer.register("a.txt", { peer: `${i}` });
  }
  const { sources } = peers[0]!.search("a.txt");
  // Ten PDUs: seven sources, and keys for the first three of them.
  assertEquals(namesOf({ sources }), ["6", "5", "4", "3", "2", "1", "0"]);
  assertEquals(sources.map((source) => source.key !== undefined), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assertEquals(sources[0]!.key, keys[6]!.key);
});

Deno.test("a source at the index's loopback is given as address zero", () => {
  const index = new TestIndex();
  for (const hostname of ["127.0.0.1", "127.9.9.9", "::1"]) {
    const peer = new TestPeer(index, hostname);
    peer.register("a.txt", { peer: hostname });
  }
  const other = new TestPeer(index, "192.0.2.1");
  const { sources } = other.search("a.txt");
  assertEquals(sources.length, 3);
  for (const { address } of sources) assert(isUnspecified(address));
  for (const { address } of other.list().entries) {
    assert(isUnspecified(address));
  }
});

for (const selection of ["newest", "least-used"] as const) {
  Deno.test(`${selection}: searches reach every source in turn`, () => {
    const index = new TestIndex({ selection });
    const peers = peersOf(index, 300);
    for (const [i, peer] of peers.entries()) {
      peer.register("a.txt", { peer: `${i}` });
    }
    const seen = new Map<string, number>();
    // A reply holds ten; the newest may be in each of them.
    for (let n = 0; n < Math.ceil(299 / 9) + 1; n++) {
      const found = peers[0]!.search("a.txt");
      assertEquals(acknowledged(found.head).count, 300);
      const names = namesOf(found);
      assertEquals(names.length, 10);
      assertEquals(new Set(names).size, 10);
      if (selection === "newest") assertEquals(names[0], "299");
      for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    assertEquals(seen.size, 300);
    if (selection === "least-used") {
      assert(Math.max(...seen.values()) <= 3, "nobody is handed out often");
    }
  });
}

Deno.test("least-used puts first who was handed out least", () => {
  const index = new TestIndex({ selection: "least-used" });
  const peers = peersOf(index, 3);
  peers[0]!.register("a.txt", { peer: "0" });
  for (let n = 0; n < 5; n++) peers[0]!.search("a.txt");
  peers[1]!.register("a.txt", { peer: "1" });
  for (let n = 0; n < 2; n++) peers[0]!.search("a.txt");
  peers[2]!.register("a.txt", { peer: "2" });
  assertEquals(namesOf(peers[0]!.search("a.txt")), ["2", "1", "0"]);
});

Deno.test("long names: one source a reply, and still all of them in turn", () => {
  const index = new TestIndex();
  const name = "d/".repeat(400) + "x";
  const peers = peersOf(index, 5);
  for (const [i, peer] of peers.entries()) {
    peer.register(name, { peer: `${i}` });
  }
  const seen = new Set<string>();
  for (let n = 0; n < 5; n++) {
    const found = peers[0]!.search(name);
    assertEquals(acknowledged(found.head).count, 5);
    assertEquals(found.sources.length, 1);
    seen.add(found.sources[0]!.peer);
  }
  assertEquals(seen.size, 5);
});

Deno.test("turns go on when sources come and go between searches", () => {
  const index = new TestIndex();
  const peers = peersOf(index, 60);
  for (const [i, peer] of peers.entries()) {
    peer.register("a.txt", { peer: `${i}` });
  }
  const seen = new Set<string>();
  for (let n = 0; n < 20; n++) {
    for (const name of namesOf(peers[0]!.search("a.txt"))) seen.add(name);
    // Those that were just given leave, others come.
    const leaving = peers[2 * n + 1]!;
    leaving.deregister("a.txt", `${2 * n + 1}`);
    leaving.register("a.txt", { peer: `new ${n}` });
  }
  for (let i = 0; i < 60; i += 2) assert(seen.has(`${i}`), `${i} was not seen`);
});

Deno.test("a digest that a thousand names share is found and counted", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  for (let n = 0; n < 1_000; n++) peer.register(`${n}`);
  const seen = new Set<string>();
  for (let n = 0; n < 120; n++) {
    const found = peer.search(undefined, digestOf(1));
    assertEquals(acknowledged(found.head).count, 1_000);
    for (const { name } of found.sources) seen.add(name);
  }
  assertEquals(seen.size, 1_000);
});

function peersOf(index: TestIndex, count: number): TestPeer[] {
  return Array.from(
    { length: count },
    (_, i) => new TestPeer(index, `192.0.2.${i % 200 + 1}`, 5_000 + i),
  );
}

function namesOf({ sources }: { sources: { peer: string }[] }): string[] {
  return sources.map((source) => source.peer);
}
