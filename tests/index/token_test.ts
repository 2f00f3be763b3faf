import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseAddress } from "../../protocol/address.ts";
import { encodeSearch } from "../../protocol/request.ts";
import { contentName } from "../../protocol/name.ts";
import { DATAGRAM_BYTES, PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { TOKEN_SLOT_MS, TokenMint } from "../../index/token.ts";
import { Exchange } from "../../index/exchange.ts";
import { SenderTable } from "../../index/sender.ts";
import type { SearchResult, Store } from "../../index/store.ts";
import { START, TestIndex } from "./test_index.ts";
import {
  acknowledged,
  decodeReplies,
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

const searchOf = (name: string): Encode => (pdus, head) =>
  encodeSearch(pdus, 0, { ...head, name: contentName(name) });

/** One of each request, the long ones as long as they get. */
const REQUESTS: Record<string, Encode> = {
  "an H": helloOf(),
  "an H with k": helloOf({}, signerOf(1)),
  "a goodbye": helloOf({ goodbye: true }),
  "an R": registerOf("a.txt"),
  "an R with a long name": registerOf(longName()),
  "a T": deregisterOf("a.txt"),
  "an S": searchOf("a.txt"),
  "an S with a long name": searchOf(longName()),
  "an S by digest": (pdus, head) =>
    encodeSearch(pdus, 0, { ...head, digest: digestOf(1) }),
};

for (const [what, encode] of Object.entries(REQUESTS)) {
  Deno.test(`without a token ${what} is answered one E TOKEN and does nothing`, () => {
    const index = new TestIndex();
    const owner = new TestPeer(index, "192.0.2.9");
    owner.register("a.txt");
    owner.register(longName());
    const before = index.store.counts();
    const stranger = new TestPeer(index);
    for (const token of [0n, 1n, 2n ** 64n - 1n, owner.token]) {
      stranger.token = token;
      const datagram = stranger.datagram(encode);
      const replies = index.deliver(datagram, stranger);
      const sent = replies.reduce((sum, reply) => sum + reply.length, 0);
      assertEquals(sent, PDU_BYTES);
      assert(sent <= datagram.length);
      const [reply] = replies.flatMap(decodeReplies);
      assertEquals(refusal(headOf([reply!])), "TOKEN");
      assertEquals(reply!.transaction, stranger.transaction - 1);
    }
    assertEquals(index.store.counts(), before);
    assertEquals(index.counters.errors.TOKEN, 5);
  });
}

Deno.test("twelve messages without a token are answered no more bytes than they are", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
  let end = 0;
  for (let transaction = 0; transaction < 12; transaction++) {
    const name = contentName("a.txt");
    end = encodeSearch(pdus, end, { transaction, token: 5n, name });
  }
  const replies = index.deliver(pdus.bytes, peer);
  assertEquals(replies.map((reply) => reply.length), [DATAGRAM_BYTES]);
});

Deno.test("the token that E TOKEN carries is accepted", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  const [error] = peer.send(peer.datagram(registerOf("a.txt")));
  assert(error?.type === "E" && error.token !== 0n);
  acknowledged(headOf(peer.send(peer.datagram(registerOf("a.txt")))));
});

Deno.test("every A carries the token to use from now on", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  acknowledged(peer.hello());
  const first = peer.token;
  index.pass(TOKEN_SLOT_MS);
  acknowledged(peer.hello());
  assertNotEquals(peer.token, first);
  index.pass(TOKEN_SLOT_MS);
  acknowledged(headOf(peer.send(peer.datagram(helloOf()))));
});

Deno.test("a token is valid for one to two minutes", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  index.now = START + TOKEN_SLOT_MS - 1;
  peer.hello();
  const { token } = peer;
  index.now = START + 2 * TOKEN_SLOT_MS - 1;
  peer.token = token;
  acknowledged(headOf(peer.send(peer.datagram(helloOf()))));
  index.now = START + 2 * TOKEN_SLOT_MS;
  peer.token = token;
  assertEquals(
    refusal(headOf(peer.send(peer.datagram(helloOf())))),
    "TOKEN",
  );
});

Deno.test("a stolen token is worth nothing at another address or port", () => {
  const index = new TestIndex();
  const owner = new TestPeer(index, "192.0.2.1", 5_000);
  owner.register("a.txt");
  for (
    const thief of [
      new TestPeer(index, "192.0.2.2", 5_000),
      new TestPeer(index, "192.0.2.1", 5_001),
      new TestPeer(index, "2001:db8::1", 5_000),
    ]
  ) {
    thief.token = owner.token;
    const replies = thief.send(thief.datagram(deregisterOf("a.txt")));
    assertEquals(refusal(headOf(replies)), "TOKEN");
  }
  assertEquals(owner.list().entries.length, 1);
});

Deno.test("a token is the same for every way to write an address", () => {
  const index = new TestIndex();
  const plain = new TestPeer(index, "192.0.2.1");
  plain.hello();
  const mapped = new TestPeer(index, "::ffff:192.0.2.1");
  mapped.token = plain.token;
  acknowledged(headOf(mapped.send(mapped.datagram(helloOf()))));
  assertEquals(index.store.counts().owners, 1);
});

Deno.test("a datagram whose store is waited for past the minute is proven throughout", async () => {
  const search = Promise.withResolvers<SearchResult>();
  const index = new TestIndex({
    watch: (store) => {
      const slow: Pick<Store, "search"> = { search: () => search.promise };
      return Object.assign(slow, { open: store.open.bind(store) }) as Store;
    },
  });
  const peer = new TestPeer(index);
  peer.hello();
  const sender = new SenderTable().sender(peer.hostname, peer.port)!;
  const arrive = (datagram: Uint8Array) => {
    const exchange = new Exchange(index.counters);
    exchange.request.bytes.set(datagram);
    exchange.begin(sender, datagram.length);
    const answered = index.directory.receive(exchange, index.now);
    return { exchange, answered };
  };
  const ask = () => peer.datagram(searchOf("a.txt"));
  const early = arrive(Uint8Array.of(...ask(), ...ask()));
  index.pass(TOKEN_SLOT_MS);
  const late = arrive(ask());
  search.resolve({ status: "NONE" });
  await Promise.all([early.answered, late.answered]);
  const replies = decodeReplies(early.exchange.replies.datagram(0));
  assertEquals(replies.map((reply) => refusal(headOf([reply]))), [
    "NOT_FOUND",
    "NOT_FOUND",
  ]);
});

Deno.test("TokenMint.token() never gives the token that means none", () => {
  const mint = new TokenMint(new Uint8Array(16));
  const address = parseAddress("192.0.2.1")!;
  for (let port = 1; port < 1_000; port++) {
    assertNotEquals(mint.token(address, port, { now: START }), 0n);
  }
});

Deno.test("another start knows no token of this one", () => {
  const peer = new TestPeer(new TestIndex({ seed: 1 }));
  peer.hello();
  const later = new TestPeer(new TestIndex({ seed: 7 }));
  later.token = peer.token;
  const replies = later.send(later.datagram(helloOf()));
  assertEquals(refusal(headOf(replies)), "TOKEN");
});

function longName(): string {
  return `${"d/".repeat(300)}${"x".repeat(222)}`;
}
