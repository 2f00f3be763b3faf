import { assert, assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import { isDatagramLength } from "../../protocol/datagram.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { START, TestIndex } from "./test_index.ts";
import {
  acknowledged,
  decodeReplies,
  type Encode,
  helloOf,
  registerOf,
  signerOf,
  TestPeer,
} from "./test_peer.ts";
import { encodeList, encodeSearch, NO_CURSOR } from "../../protocol/request.ts";
import { contentName } from "../../protocol/name.ts";

/** Longer than any datagram of ours. */
const MAX_BYTES = 2_048;

Deno.test("garbage of every length is answered or dropped", () => {
  const index = new TestIndex({ limits: { maxRate: 0 } });
  const peer = new TestPeer(index);
  const random = new Uint8Array(MAX_BYTES);
  let state = 1;
  for (let length = 0; length <= MAX_BYTES; length++) {
    for (const letter of ["", "H", "R", "T", "S", "O", "X", "m"]) {
      for (let i = 0; i < length; i++) {
        state = Math.imul(state, 1_103_515_245) + 12_345 | 0;
        random[i] = state >>> 16;
        if (i % PDU_BYTES === 0 && letter) random[i] = letter.charCodeAt(0);
      }
      const datagram = random.subarray(0, length);
      const replies = index.deliver(datagram, peer);
      if (!isDatagramLength(length)) assertEquals(replies, []);
      const bytes = replies.reduce((sum, reply) => sum + reply.length, 0);
      assert(bytes <= length, "more went back than came");
    }
  }
  acknowledged(peer.hello());
});

Deno.test("damaged requests under a valid token harm nobody", () => {
  const requests: Encode[] = [
    helloOf({ port: 1, lease: 20, agent: "test" }),
    helloOf({}, signerOf(1)),
    registerOf("a.txt"),
    registerOf(`${"d/".repeat(300)}${"x".repeat(222)}`),
    (pdus, head) =>
      encodeSearch(pdus, 0, { ...head, name: contentName("a.txt") }),
    (pdus, head) =>
      encodeList(pdus, 0, { ...head, cursor: NO_CURSOR, filter: "**a*" }),
  ];
  const damage = fc.array(
    fc.tuple(fc.nat({ max: 10 * PDU_BYTES }), fc.nat({ max: 255 })),
    { maxLength: 6 },
  );
  const index = new TestIndex({ limits: { maxRate: 0 } });
  const honest = new TestPeer(index, "192.0.2.1");
  honest.hello({ lease: 3_600 }, signerOf(9));
  honest.register("mine.txt", { peer: "honest" });
  const peer = new TestPeer(index, "192.0.2.2");
  peer.hello();
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.nat({ max: requests.length - 1 }), damage),
        { minLength: 1, maxLength: 4 },
      ),
      (parts) => {
        const datagram = new Uint8Array(parts.flatMap(([which, faults]) => {
          const bytes = peer.datagram(requests[which]!);
          for (const [at, byte] of faults) {
            // The token stays: what is behind it is to be reached.
            if (at < bytes.length && (at < 5 || at > 12)) bytes[at] = byte;
          }
          return [...bytes];
        }));
        for (const reply of index.deliver(datagram, peer)) decodeReplies(reply);
        if (index.now - START < 50_000) index.pass(1);
      },
    ),
    { numRuns: 2_000 },
  );
  index.sweep();
  const { sources } = honest.search("mine.txt");
  assertEquals(sources.map((source) => source.peer as string), ["honest"]);
});
