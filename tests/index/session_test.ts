import { assertEquals, assertMatch } from "@std/assert";
import { formatAddress } from "../../protocol/address.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  digestOf,
  headOf,
  helloOf,
  refusal,
  signerOf,
  TestPeer,
} from "./test_peer.ts";

Deno.test("an A says where the index sees the sender", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index, "2001:db8::7", 4_711);
  const ack = acknowledged(peer.hello());
  assertEquals([formatAddress(ack.address), ack.port], ["2001:db8::7", 4_711]);
});

Deno.test("the A of an H names the program of the index", () => {
  const peer = new TestPeer(new TestIndex());
  assertMatch(acknowledged(peer.hello()).text, /^peerdex-index \d+\.\d+/);
});

Deno.test("the A of an H counts what the owner holds", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  assertEquals(acknowledged(peer.hello()).count, 0);
  for (const name of ["a", "b", "c"]) peer.register(name);
  assertEquals(acknowledged(peer.hello()).count, 3);
  peer.deregister("b");
  assertEquals(acknowledged(peer.hello()).count, 2);
});

Deno.test("the address registered is the packet's, whatever the H claims", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index, "192.0.2.1");
  peer.hello({ address: acknowledged(peer.hello()).address });
  const victim = new TestPeer(index, "198.51.100.1");
  const claimed = acknowledged(victim.hello()).address;
  peer.hello({ address: claimed }, signerOf(1));
  peer.register("a.txt");
  const [source] = victim.search("a.txt").sources;
  assertEquals(formatAddress(source!.address), "192.0.2.1");
});

Deno.test("an H with a signature that does not fit changes nothing", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  const honest = signerOf(1);
  const forger = { key: honest.key, sign: signerOf(2).sign };
  assertEquals(refusal(peer.hello({}, forger)), "SIGNATURE");
  const none = { key: honest.key, sign: () => new Uint8Array(64) };
  assertEquals(refusal(peer.hello({}, none)), "SIGNATURE");
  const noPoint = {
    key: new Uint8Array(32).fill(0xff) as typeof honest.key,
    sign: honest.sign,
  };
  assertEquals(refusal(peer.hello({}, noPoint)), "SIGNATURE");
  peer.register("a.txt");
  assertEquals(peer.search("a.txt").sources[0]!.key, undefined);
});

Deno.test("a signature is checked where it opens a session, not where it renews one", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const wrong = { key: key.key, sign: signerOf(2).sign };
  const peer = new TestPeer(index, "192.0.2.1");
  assertEquals(refusal(peer.hello({}, wrong)), "SIGNATURE");
  acknowledged(peer.hello({ lease: 60 }, key));
  acknowledged(peer.hello({ lease: 300 }, wrong));
  // At another port, and when the session is over, it is checked.
  const moved = new TestPeer(index, "192.0.2.1", 5_001);
  assertEquals(refusal(moved.hello({}, wrong)), "SIGNATURE");
  acknowledged(moved.hello({}, key));
  assertEquals(refusal(peer.hello({}, wrong)), "SIGNATURE");
  index.pass(300_000);
  assertEquals(refusal(moved.hello({}, wrong)), "SIGNATURE");
});

Deno.test("a signed H that somebody saw opens nothing from another address", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index, "192.0.2.1");
  peer.hello();
  const seen = peer.datagram(helloOf({ port: 6_000 }, signerOf(1)));
  acknowledged(headOf(peer.send(seen)));
  peer.register("a.txt");
  const thief = new TestPeer(index, "198.51.100.9");
  assertEquals(refusal(headOf(thief.send(seen))), "TOKEN");
  // With a token of the thief's own in it, the signature no longer fits.
  const forged = seen.slice();
  new DataView(forged.buffer).setBigUint64(5, thief.token);
  assertEquals(refusal(headOf(thief.send(forged))), "SIGNATURE");
  assertEquals(refusal(thief.deregister("a.txt")), "NOT_FOUND");
});

Deno.test("a key takes its registrations over after a restart on another port", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const before = new TestPeer(index, "192.0.2.1", 5_000);
  before.hello({ port: 6_000 }, key);
  before.register("a.txt", { port: 6_000 });
  before.register("b.txt", { port: 6_000 });
  const after = new TestPeer(index, "198.51.100.2", 5_555);
  assertEquals(acknowledged(after.hello({ port: 7_000 }, key)).count, 2);
  const [source] = after.search("a.txt").sources;
  assertEquals(formatAddress(source!.address), "198.51.100.2");
  assertEquals(source!.port, 7_000);
  acknowledged(after.register("a.txt", { port: 7_000 }));
  acknowledged(after.deregister("b.txt"));
  // The old endpoint acts for nobody any more.
  assertEquals(refusal(before.deregister("a.txt")), "NOT_FOUND");
  assertEquals(refusal(before.register("a.txt")), "NAME_TAKEN");
});

Deno.test("a takeover without a port leaves the ports as they are", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const before = new TestPeer(index, "192.0.2.1");
  before.hello({}, key);
  before.register("a.txt", { port: 6_001 });
  const after = new TestPeer(index, "192.0.2.2");
  after.hello({}, key);
  assertEquals(after.search("a.txt").sources[0]!.port, 6_001);
});

Deno.test("the port of an H is that of all registered before it, of none after", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({ port: 6_000 });
  peer.register("a.txt", { port: 6_001 });
  assertEquals(peer.search("a.txt").sources[0]!.port, 6_001);
  peer.hello({ port: 6_000 });
  assertEquals(peer.search("a.txt").sources[0]!.port, 6_000);
  peer.register("b.txt", { port: 6_002, metadata: { digest: digestOf(2) } });
  assertEquals(peer.search("b.txt").sources[0]!.port, 6_002);
  assertEquals(peer.search("a.txt").sources[0]!.port, 6_000);
});

Deno.test("what an endpoint registered becomes its key's", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const peer = new TestPeer(index);
  peer.register("a.txt");
  assertEquals(acknowledged(peer.hello({}, key)).count, 1);
  assertEquals(peer.search("a.txt").sources[0]!.key, key.key);
  const moved = new TestPeer(index, "192.0.2.2");
  assertEquals(acknowledged(moved.hello({}, key)).count, 1);
  acknowledged(moved.deregister("a.txt"));
});

Deno.test("what an endpoint registered joins what its key has elsewhere", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const first = new TestPeer(index, "192.0.2.1");
  first.hello({}, key);
  first.register("a.txt");
  const second = new TestPeer(index, "192.0.2.2");
  second.register("b.txt");
  assertEquals(acknowledged(second.hello({}, key)).count, 2);
  const third = new TestPeer(index, "192.0.2.3");
  assertEquals(acknowledged(third.hello({}, key)).count, 2);
  assertEquals(
    formatAddress(third.search("b.txt").sources[0]!.address),
    "192.0.2.3",
  );
  acknowledged(third.deregister("b.txt"));
  acknowledged(third.hello({ goodbye: true }, key));
  index.sweep();
  assertEquals(third.list().entries, []);
  assertEquals(index.store.counts().owners, 0);
});

Deno.test("what joins a key keeps its port until the key gives another", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  new TestPeer(index, "192.0.2.1").hello({ port: 7_000 }, key);
  const peer = new TestPeer(index, "192.0.2.2");
  peer.register("a.txt", { port: 5_001 });
  peer.hello({}, key);
  assertEquals(peer.search("a.txt").sources[0]!.port, 5_001);
  peer.register("a.txt", { port: 5_002 });
  assertEquals(peer.search("a.txt").sources[0]!.port, 5_002);
  peer.hello({ port: 7_000 }, key);
  assertEquals(peer.search("a.txt").sources[0]!.port, 7_000);
});

Deno.test("an H without k does not touch the session of a key", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({}, signerOf(1));
  peer.register("a.txt");
  assertEquals(refusal(peer.hello()), "SIGNATURE");
  assertEquals(peer.list().entries.length, 1);
});

Deno.test("a goodbye without k acts for whoever the endpoint acts for, as T does", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({}, signerOf(1));
  peer.register("a.txt");
  acknowledged(peer.hello({ goodbye: true }));
  assertEquals(peer.list().entries, []);
});

Deno.test("another key at the same endpoint takes the session, not what it held", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const first = signerOf(1);
  peer.hello({}, first);
  peer.register("a.txt");
  assertEquals(acknowledged(peer.hello({}, signerOf(2))).count, 0);
  assertEquals(refusal(peer.deregister("a.txt")), "NOT_FOUND");
  assertEquals(acknowledged(peer.hello({}, first)).count, 1);
  acknowledged(peer.deregister("a.txt"));
});

Deno.test("an old H that arrives late moves no session back", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const before = new TestPeer(index, "192.0.2.1");
  before.hello();
  const old = before.datagram(helloOf({ port: 6_000 }, key));
  before.send(old);
  before.register("a.txt");
  const after = new TestPeer(index, "192.0.2.2");
  after.hello({ port: 6_000 }, key);
  index.pass(30_000);
  acknowledged(headOf(before.send(old)));
  const [source] = after.search("a.txt").sources;
  assertEquals(formatAddress(source!.address), "192.0.2.2");
  acknowledged(after.deregister("a.txt"));
});

Deno.test("a goodbye drops all of the owner's at once, and can be repeated", () => {
  const index = new TestIndex();
  const key = signerOf(1);
  const peer = new TestPeer(index);
  const other = new TestPeer(index, "192.0.2.2");
  other.register("mine.txt", { peer: "Eve" });
  peer.hello({}, key);
  for (let n = 0; n < 2_000; n++) peer.register(`${n}.txt`);
  assertEquals(acknowledged(peer.hello({ goodbye: true }, key)).count, 0);
  assertEquals(other.list().entries.map((entry) => entry.name), ["mine.txt"]);
  assertEquals(refusal(other.search("7.txt").head), "NOT_FOUND");
  acknowledged(peer.hello({ goodbye: true }, key));
  acknowledged(other.register("7.txt", { peer: "Bob" }));
  index.sweep();
  assertEquals(index.store.counts(), {
    registrations: 2,
    owners: 1,
    expired: 0,
  });
});

Deno.test("a goodbye of nobody is acknowledged", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  assertEquals(acknowledged(peer.hello({ goodbye: true })).count, 0);
  acknowledged(peer.hello({ goodbye: true }, signerOf(1)));
  assertEquals(index.store.counts().owners, 0);
});

Deno.test("a goodbye that arrives late does not end what was begun since", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  const goodbye = peer.datagram(helloOf({ goodbye: true }));
  acknowledged(headOf(peer.send(goodbye)));
  peer.hello();
  peer.register("a.txt");
  acknowledged(headOf(peer.send(goodbye)));
  assertEquals(peer.list().entries.length, 1);
});
