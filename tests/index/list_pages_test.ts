/**
 * Answers of several pages to one `O`: how they hang together, and how few of
 * them there are where that is too much.
 */

import { assert, assertEquals } from "@std/assert";
import { DATAGRAM_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { readPageMark } from "../../protocol/page_mark.ts";
import { isLastPage, type RecordReply } from "../../protocol/reply.ts";
import { encodeList, NO_CURSOR } from "../../protocol/request.ts";
import { TestIndex, type TestIndexOptions } from "./test_index.ts";
import { acknowledged, decodeReplies, headOf, TestPeer } from "./test_peer.ts";

function filled(
  count: number,
  options: TestIndexOptions = {},
): { index: TestIndex; peer: TestPeer } {
  const index = new TestIndex(options);
  const peer = new TestPeer(index);
  for (let n = 0; n < count; n++) acknowledged(peer.register(`file ${n}`));
  return { index, peer: new TestPeer(index, "198.51.100.1") };
}

/** The datagrams that an `O` is answered. */
function ask(
  peer: TestPeer,
  { pages, cursor = NO_CURSOR, filter = "" }: {
    pages: number;
    cursor?: Uint8Array;
    filter?: string;
  },
): { page: ReturnType<typeof pageOf>; bytes: number }[] {
  if (peer.token === 0n) peer.search("a token, please");
  const datagram = peer.datagram((pdus, head) =>
    encodeList(pdus, 0, { ...head, cursor, filter, pages })
  );
  return peer.index.deliver(datagram, peer).map((bytes) => ({
    page: pageOf(bytes),
    bytes: bytes.length,
  }));
}

function pageOf(datagram: Uint8Array) {
  const replies = decodeReplies(datagram);
  const ack = acknowledged(headOf(replies));
  const names = replies.slice(1).map((reply) =>
    `${(reply as RecordReply).name}`
  );
  return { ack, mark: readPageMark(ack), names };
}

Deno.test("an answer has as many pages as were asked for, a datagram each", () => {
  const { peer } = filled(500);
  const answer = ask(peer, { pages: 7 });
  assertEquals(answer.length, 7);
  let from: Uint8Array = NO_CURSOR;
  for (const [n, { page: { ack, mark, names }, bytes }] of answer.entries()) {
    assertEquals([mark.page, mark.more], [n, n < 6]);
    if (n > 0) assertEquals(mark.from, from);
    assertEquals(
      names,
      Array.from({ length: 11 }, (_, i) => `file ${11 * n + i}`),
    );
    assertEquals(bytes, DATAGRAM_BYTES);
    assertEquals(ack.count, 500);
    from = ack.cursor;
  }
});

for (const pages of [0, 1]) {
  Deno.test(`who takes ${pages} pages sees what everybody used to see`, () => {
    const { peer } = filled(100);
    const [only, ...others] = ask(peer, { pages });
    assertEquals(others, []);
    assertEquals(only!.page.mark, { page: 0, more: false });
    assertEquals(only!.page.ack.lease, 0);
    assertEquals(only!.page.names.length, 11);
    assert(!isLastPage(only!.page.ack.cursor));
  });
}

Deno.test("an answer has 32 pages at most, and ends where the list does", () => {
  const { peer } = filled(500);
  const first = ask(peer, { pages: 65_535 });
  assertEquals(first.length, 32);
  const { ack: { cursor } } = first.at(-1)!.page;
  const rest = ask(peer, { pages: 65_535, cursor });
  assertEquals(rest.length, Math.ceil((500 - 32 * 11) / 11));
  assertEquals(rest.at(-1)!.page.mark.more, false);
  assert(isLastPage(rest.at(-1)!.page.ack.cursor));
  const names = [...first, ...rest].flatMap(({ page }) => page.names);
  assertEquals(names, Array.from({ length: 500 }, (_, n) => `file ${n}`));
});

Deno.test("an empty list is one page, however many are taken", () => {
  const { peer } = filled(0);
  const [only, ...others] = ask(peer, { pages: 32 });
  assertEquals(others, []);
  assertEquals(only!.page.ack.text, "List Empty");
  assertEquals(only!.page.mark, { page: 0, more: false });
});

Deno.test("requests of one datagram share the pages beyond their first", () => {
  const { index, peer } = filled(1_000);
  peer.search("a token, please");
  const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
  let end = 0;
  for (let n = 0; n < 12; n++) {
    end = encodeList(pdus, end, {
      transaction: 1_000 + n,
      token: peer.token,
      cursor: NO_CURSOR,
      filter: "",
      pages: 32,
    });
  }
  const datagrams = index.deliver(pdus.bytes, peer);
  assert(datagrams.length <= 12 + 32, `${datagrams.length} datagrams`);
  const answered = datagrams.map((bytes) => pageOf(bytes).ack.transaction);
  for (let n = 0; n < 12; n++) assert(answered.includes(1_000 + n), `${n}`);
});

Deno.test("each page costs as much of the rate as a request for one", () => {
  const count = 1_000;
  // What an address may ask at once is worth 50 pages.
  const { index, peer } = filled(count, { limits: { maxRate: 200 } });
  assertEquals(ask(peer, { pages: 0 }).length, 1);
  index.pass(10_000);
  let cursor: Uint8Array = NO_CURSOR;
  const sizes: number[] = [];
  for (let n = 0; n < 2; n++) {
    const answer = ask(peer, { pages: 32, cursor });
    const { ack, mark } = answer.at(-1)!.page;
    assertEquals(mark.more, false);
    ({ cursor } = ack);
    sizes.push(answer.length);
  }
  assertEquals(sizes, [32, 18]);
  const [refused] = index.deliver(
    peer.datagram((pdus, head) =>
      encodeList(pdus, 0, { ...head, cursor, filter: "", pages: 32 })
    ),
    peer,
  ).flatMap(decodeReplies);
  assertEquals(refused?.type === "E" && refused.error, "BUSY");
});

Deno.test("the work of an answer is bounded, however many pages it has", () => {
  const { index, peer } = filled(3_000);
  let looks = 0;
  const { list } = index.store;
  index.store.list = (request, now) =>
    list.call(index.store, {
      ...request,
      filter: request.filter && {
        ...request.filter,
        matches: (...names) => ++looks > 0 && request.filter!.matches(...names),
      },
    }, now);
  ask(peer, { pages: 1, filter: "nothing like that" });
  const most = looks;
  for (const filter of ["nothing like that", "file", "9", "*1*"]) {
    looks = 0;
    const answer = ask(peer, { pages: 32, filter });
    assert(looks <= most, `${looks} of ${most}`);
    const { ack, mark } = answer.at(-1)!.page;
    assertEquals(mark.more, false);
    assert(!isLastPage(ack.cursor), "there is more");
  }
});
