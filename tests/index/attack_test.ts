import { assertEquals } from "@std/assert";
import { formatAddress, parseAddress } from "../../protocol/address.ts";
import { REQUEST } from "../../protocol/layout.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { seeded } from "../peer/client_fixture.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  deregisterOf,
  digestOf,
  type Encode,
  headOf,
  helloOf,
  refusal,
  registerOf,
  signerOf,
  TestPeer,
} from "./test_peer.ts";

const ALICE = "192.0.2.1";
const EVE = "198.51.100.9";

/** Alice with her key and a file, and Eve, who has a token of her own. */
function stage(limits = {}) {
  const index = new TestIndex({ limits });
  const key = signerOf(1);
  const alice = new TestPeer(index, ALICE);
  acknowledged(alice.hello({ port: 6_000 }, key));
  acknowledged(alice.register("a.txt", { peer: "Alice" }));
  const eve = new TestPeer(index, EVE);
  acknowledged(eve.hello());
  return { index, key, alice, eve };
}

/** Where a file is said to be. */
function places(peer: TestPeer, name: string): string[] {
  return peer.search(name).sources.map(({ address, port }) =>
    `${formatAddress(address)} ${port}`
  );
}

Deno.test("forged source: 10,000 guesses at a token do nothing, and cost the victim little", () => {
  const { index, alice } = stage({ maxRate: 100 });
  const random = seeded(1);
  const forger = new TestPeer(index, ALICE, alice.port);
  let bytes = 0;
  for (let n = 0; n < 10_000; n++) {
    forger.token = BigInt(Math.floor(random() * 2 ** 53)) << 11n;
    const what = n % 2 ? deregisterOf("a.txt", "Alice") : helloOf({
      goodbye: true,
    });
    for (const reply of index.deliver(forger.datagram(what), forger)) {
      bytes += reply.length;
    }
  }
  // What comes back to Alice is bounded, and no more than was sent.
  assertEquals(bytes <= 101 * 500, true);
  assertEquals(places(alice, "a.txt"), [`${ALICE} 6000`]);
});

Deno.test("replayed H: worth nothing from elsewhere, nor when its token is over", () => {
  const { index, key, alice, eve } = stage();
  const seen = alice.datagram(helloOf({ port: 6_666 }, key));
  const goodbye = alice.datagram(helloOf({ goodbye: true }, key));
  for (const bytes of [seen, goodbye]) {
    assertEquals(refusal(headOf(eve.send(bytes))), "TOKEN");
  }
  index.pass(119_999);
  acknowledged(alice.hello({ port: 6_000 }, key));
  index.pass(1);
  // The very datagrams, as from Alice's own endpoint.
  for (const bytes of [seen, goodbye]) {
    assertEquals(refusal(headOf(alice.send(bytes))), "TOKEN");
  }
});

Deno.test("relayed H: an index cannot act at another with what a peer signed for it", () => {
  const [here, there] = ["203.0.113.1", "198.51.100.9"];
  const key = signerOf(1);
  const hello = { port: 6_000, address: parseAddress(there)! };
  for (
    const [knownAs, expected] of [
      [[here, "2001:db8::1"], "SIGNATURE"],
      [[here, there], "A 1"],
      // Who is not told its addresses cannot tell.
      [undefined, "A 1"],
    ] as const
  ) {
    const index = new TestIndex(knownAs && { knownAs });
    const alice = new TestPeer(index, ALICE);
    const meant = { ...hello, address: parseAddress(here)! };
    acknowledged(alice.hello(meant, key));
    acknowledged(alice.register("a.txt", { peer: "Alice" }));
    // Eve's index gave Alice the token that Eve got here.
    const eve = new TestPeer(index, EVE);
    eve.search("a.txt");
    const [reply] = eve.send(eve.datagram(helloOf(hello, key)));
    assertEquals(
      reply?.type === "A" ? `A ${reply.count}` : refusal(headOf([reply!])),
      expected,
    );
    const isSafe = expected === "SIGNATURE";
    assertEquals(places(alice, "a.txt"), [`${isSafe ? ALICE : EVE} 6000`]);
  }
});

Deno.test("relayed H: the loopback is the index's own host, from there alone", () => {
  const index = new TestIndex({ knownAs: ["203.0.113.1"] });
  const address = parseAddress("127.0.0.1")!;
  const local = new TestPeer(index, "127.0.0.1");
  acknowledged(local.hello({ address }, signerOf(1)));
  const eve = new TestPeer(index, EVE);
  assertEquals(refusal(eve.hello({ address }, signerOf(1))), "SIGNATURE");
  assertEquals(refusal(eve.hello({}, signerOf(1))), "SIGNATURE");
  // What is not signed is nobody's but the endpoint's.
  acknowledged(eve.hello({ address }));
});

Deno.test("stolen token: with Alice's token Eve acts neither as Alice nor as herself", () => {
  const { alice, eve } = stage();
  const asks: Encode[] = [
    deregisterOf("a.txt", "Alice"),
    helloOf({ goodbye: true }),
    registerOf("a.txt", { peer: "Alice", metadata: { digest: digestOf(6) } }),
    registerOf("eve.txt", { peer: "Eve" }),
  ];
  for (const ask of asks) {
    eve.token = alice.token;
    assertEquals(refusal(headOf(eve.send(eve.datagram(ask)))), "TOKEN");
  }
  assertEquals(places(alice, "a.txt"), [`${ALICE} 6000`]);
  assertEquals(alice.list().entries.length, 1);
});

Deno.test("guessed transactions: Alice's answers are remembered for Alice alone", () => {
  const { alice, eve } = stage();
  const transaction = alice.transaction;
  acknowledged(alice.register("b.txt", { peer: "Alice" }));
  acknowledged(alice.deregister("b.txt", "Alice"));
  // The same numbers and the same words, from Eve: answered as hers.
  eve.transaction = transaction;
  acknowledged(eve.register("b.txt", { peer: "Alice" }));
  acknowledged(eve.deregister("b.txt", "Alice"));
  eve.transaction = transaction;
  assertEquals(refusal(eve.deregister("a.txt", "Alice")), "NOT_FOUND");
  // And what Eve was answered before Alice asks spoils nothing for Alice.
  eve.transaction = alice.transaction;
  assertEquals(refusal(eve.deregister("a.txt", "Alice")), "NOT_FOUND");
  acknowledged(alice.deregister("a.txt", "Alice"));
});

Deno.test("a victim's address: whatever is claimed, the packet's is registered", () => {
  const { index, eve } = stage();
  const victim = acknowledged(new TestPeer(index, "203.0.113.5").hello());
  const claiming = (encode: Encode): Encode => (pdus, head) => {
    const end = encode(pdus, head);
    pdus.setAddress(0, REQUEST.address, victim.address);
    return end;
  };
  acknowledged(headOf(eve.ask(claiming(registerOf("trap.txt")))));
  acknowledged(headOf(eve.ask(claiming(helloOf({ port: 80 })))));
  assertEquals(places(eve, "trap.txt"), [`${EVE} 80`]);
});

Deno.test("squatting: a name is held no longer than a lease, and its owner cannot be robbed", () => {
  const { index, key, alice, eve } = stage();
  // What Alice has, Eve does not get, and what Eve has first, Eve keeps.
  assertEquals(refusal(eve.register("a.txt", { peer: "Alice" })), "NAME_TAKEN");
  acknowledged(eve.register("b.txt", { peer: "Alice" }));
  assertEquals(
    refusal(alice.register("b.txt", { peer: "Alice" })),
    "NAME_TAKEN",
  );
  // But only that one name, and Alice has others.
  acknowledged(alice.register("b.txt", { peer: "Alice 2" }));
  index.pass(59_000);
  acknowledged(alice.hello({}, key));
  index.pass(1_000);
  acknowledged(alice.register("b.txt", { peer: "Alice" }));
  // Alice crashes and comes back elsewhere in time: Eve gets nothing.
  const back = new TestPeer(index, "192.0.2.77");
  index.pass(50_000);
  assertEquals(refusal(eve.register("a.txt", { peer: "Alice" })), "NAME_TAKEN");
  assertEquals(acknowledged(back.hello({ port: 6_000 }, key)).count, 3);
  assertEquals(places(eve, "a.txt"), ["192.0.2.77 6000"]);
});

Deno.test("squatting: one address fills its own share, not the index", () => {
  const { index, alice } = stage({
    maxRegistrations: 100,
    maxPerOwner: 20,
    maxPerAddress: 40,
    maxRate: 0,
  });
  for (let port = 1; port <= 10; port++) {
    const eve = new TestPeer(index, EVE, port);
    for (let n = 0; n < 30; n++) eve.register(`${n}`, { peer: `Eve ${port}` });
  }
  assertEquals(index.store.counts().registrations, 41);
  acknowledged(alice.register("b.txt", { peer: "Alice" }));
});

Deno.test("squatting: two addresses that move owners to and fro hold no more than two", () => {
  const { index } = stage({ maxPerAddress: 10, maxOwnersPerAddress: 4 });
  for (let n = 0; n < 20; n++) {
    const key = signerOf(100 + n);
    const first = new TestPeer(index, EVE, 1_000 + n);
    first.hello({}, key);
    for (let i = 0; i < 5; i++) first.register(`${i}`, { peer: `Eve ${n}` });
    new TestPeer(index, "203.0.113.9", 1_000 + n).hello({}, key);
  }
  const { registrations, owners } = index.store.counts();
  assertEquals([registrations <= 21, owners <= 9], [true, true]);
});

Deno.test("an index answers nobody with another's token, whatever a datagram holds", () => {
  const { index, alice, eve } = stage();
  // Two messages, the second with Alice's token in it: each is for itself.
  const pdus = new PduBuffer(new Uint8Array(4 * 101));
  const head = (transaction: number, token: bigint) => ({ transaction, token });
  const first = registerOf("e.txt", { peer: "Eve" })(pdus, head(1, eve.token));
  const stolen = alice.datagram(deregisterOf("a.txt", "Alice"));
  pdus.bytes.set(stolen, first);
  const replies = eve.send(pdus.bytes.slice(0, first + stolen.length));
  assertEquals(replies.map(({ type }) => type), ["A", "E"]);
  assertEquals(refusal(headOf(replies.slice(1))), "TOKEN");
  assertEquals(index.store.counts().registrations, 2);
});
