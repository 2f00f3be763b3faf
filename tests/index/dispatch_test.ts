import { assertEquals } from "@std/assert";
import { DATAGRAM_BYTES, PDU_BYTES } from "../../protocol/pdu.ts";
import { HELLO } from "../../protocol/layout.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  decodeReplies,
  digestOf,
  type Encode,
  headOf,
  helloOf,
  refusal,
  registerOf,
  TestPeer,
} from "./test_peer.ts";
import { encodeList, encodeSearch } from "../../protocol/request.ts";

const LETTERS = Array.from({ length: 26 }, (_, i) => 0x41 + i);

for (const type of LETTERS) {
  const letter = String.fromCharCode(type);
  Deno.test(`a bare ${letter} from a stranger is answered once or dropped`, () => {
    const index = new TestIndex();
    const peer = new TestPeer(index);
    const pdu = new Uint8Array(PDU_BYTES);
    pdu[0] = type;
    pdu[4] = 9;
    const replies = index.deliver(pdu, peer).flatMap(decodeReplies);
    if ("AEC".includes(letter)) {
      assertEquals(replies, []);
      assertEquals(index.counters.dropped.reply, 1);
      return;
    }
    const [reply] = replies;
    assertEquals(replies.length, 1);
    assertEquals(reply?.transaction, 9);
    const expected = "HRTSO".includes(letter) ? "TOKEN" : "UNSUPPORTED";
    assertEquals(refusal(headOf(replies)), expected);
  });
}

Deno.test("what no index sends to another can bounce between two of them", () => {
  const here = new TestIndex({ seed: 1 });
  const there = new TestIndex({ seed: 5 });
  const ends = { here: { hostname: "192.0.2.1", port: 60_000 } };
  for (let type = 0; type < 256; type++) {
    const pdu = new Uint8Array(PDU_BYTES).fill(0x41);
    pdu[0] = type;
    let bounces = 0;
    let inFlight: Uint8Array[] = [pdu];
    while (inFlight.length > 0) {
      const target = bounces % 2 === 0 ? here : there;
      inFlight = inFlight.flatMap((bytes) => target.deliver(bytes, ends.here));
      bounces++;
      if (bounces > 3) throw new Error(`type ${type} bounces`);
    }
  }
});

Deno.test("what is no letter is dropped and counted", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  for (const type of [0, 0x30, 0x40, 0x5b, 0x60, 0x7b, 0xff]) {
    const pdu = new Uint8Array(PDU_BYTES);
    pdu[0] = type;
    assertEquals(index.deliver(pdu, peer), []);
  }
  assertEquals(index.counters.dropped.type, 7);
});

Deno.test("continuations of nothing are dropped, what follows is answered", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  const hello = peer.datagram(helloOf());
  const datagram = new Uint8Array(2 * PDU_BYTES);
  datagram[0] = 0x6e;
  datagram.set(hello, PDU_BYTES);
  acknowledged(headOf(peer.send(datagram)));
});

Deno.test("an unknown continuation is skipped", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  const hello = peer.datagram(helloOf());
  const datagram = new Uint8Array(2 * PDU_BYTES);
  datagram.set(hello);
  datagram.set(hello.subarray(0, 5), PDU_BYTES);
  datagram[PDU_BYTES] = 0x7a;
  acknowledged(headOf(peer.send(datagram)));
});

Deno.test("an H of another version is answered E VERSION", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  for (const version of [0, 2, 255]) {
    const datagram = peer.datagram(helloOf());
    datagram[1 + HELLO.version.offset] = version;
    assertEquals(refusal(headOf(peer.send(datagram))), "VERSION");
  }
});

const MALFORMED: Record<string, Encode> = {
  "an R without m": (pdus, head) => {
    registerOf("a.txt")(pdus, head);
    return PDU_BYTES;
  },
  "an R with port 0": (pdus, head) => {
    const end = registerOf("a.txt")(pdus, head);
    pdus.bytes.fill(0, 29, 31);
    return end;
  },
  "an R with a name that leaves its folder": (pdus, head) => {
    const end = registerOf("aa/b.txt")(pdus, head);
    pdus.bytes.set([0x2e, 0x2e], 47);
    return end;
  },
  "an S that asks for nothing": (pdus, head) =>
    encodeSearch(pdus, 0, { ...head }),
  "an O whose filter is no UTF-8": (pdus, head) => {
    const cursor = new Uint8Array(16);
    const end = encodeList(pdus, 0, { ...head, cursor, filter: "aa" });
    pdus.bytes[47] = 0xff;
    return end;
  },
  "an H without a peer name": (pdus, head) => {
    const end = helloOf()(pdus, head);
    pdus.bytes.fill(0, 31, 47);
    return end;
  },
};

for (const [what, encode] of Object.entries(MALFORMED)) {
  Deno.test(`${what} is answered E MALFORMED`, () => {
    const index = new TestIndex();
    const peer = new TestPeer(index);
    peer.hello();
    const reply = headOf(peer.send(peer.datagram(encode)));
    assertEquals(refusal(reply), "MALFORMED");
    assertEquals(reply.transaction, peer.transaction - 1);
    assertEquals(index.store.counts().registrations, 0);
  });
}

Deno.test("a datagram of many messages is answered message by message", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello();
  const parts = [
    peer.datagram(registerOf("a.txt")),
    peer.datagram(registerOf("b.txt", { metadata: { digest: digestOf(2) } })),
    new Uint8Array(PDU_BYTES).fill(0x58, 0, 1),
    peer.datagram(registerOf("c.txt")),
  ];
  const datagram = new Uint8Array(parts.flatMap((part) => [...part]));
  const replies = peer.send(datagram);
  assertEquals(replies.map((reply) => reply.type), ["A", "A", "E", "A"]);
  assertEquals(index.store.counts().registrations, 3);
});

Deno.test("replies are packed into as few datagrams as keep each whole", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  for (let n = 0; n < 8; n++) peer.register(`${n}.txt`, { peer: `peer ${n}` });
  const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
  let end = 0;
  for (let transaction = 1; transaction <= 12; transaction++) {
    end = encodeList(pdus, end, {
      transaction,
      token: peer.token,
      cursor: new Uint8Array(16),
      filter: "",
    });
  }
  // Each reply is an A and eight O: nine PDUs, one reply to a datagram.
  const replies = index.deliver(pdus.bytes, peer);
  assertEquals(replies.length, 12);
  for (const [i, reply] of replies.entries()) {
    assertEquals(reply.length, 9 * PDU_BYTES);
    assertEquals(
      decodeReplies(reply).every((message) => message.transaction === i + 1),
      true,
    );
  }
});

Deno.test("nobody is answered at port 0 or at an address that is none", () => {
  const index = new TestIndex();
  const pdu = new TestPeer(index).datagram(helloOf());
  assertEquals(index.deliver(pdu, { hostname: "192.0.2.1", port: 0 }), []);
  assertEquals(index.deliver(pdu, { hostname: "", port: 5_000 }), []);
});
