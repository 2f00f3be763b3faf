/**
 * Lists of an index client where pages are lost, come late, or were never asked
 * for.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { IndexClient } from "../../peer/index_client.ts";
import { IndexProtocolError } from "../../peer/index_error.ts";
import { messagesOf } from "../../protocol/datagram.ts";
import { contentName } from "../../protocol/name.ts";
import { markPage, readPageMark } from "../../protocol/page_mark.ts";
import { DATAGRAM_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { encodeAck, encodeRecord } from "../../protocol/reply.ts";
import { decodeRequest, type ListRequest } from "../../protocol/request.ts";
import { decodeReplies, headOf } from "../index/test_peer.ts";
import { ALICE, seeded } from "./client_fixture.ts";
import { FakeClock } from "./fake_clock.ts";
import { refuse } from "./fake_index.ts";
import { FakeNetwork, INDEX_ADDRESS } from "./fake_network.ts";

/** Pages of two entries, from a cursor that is the number of a page. */
const PAGES = 40;

/** What a page says, where it is not what it should. */
interface Page {
  readonly page: number;
  readonly more: boolean;
  readonly start: number;
  readonly next: number;
  readonly transaction?: number;
}

class Stage implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly asked: ListRequest[] = [];
  readonly network = new FakeNetwork(
    this.clock,
    (datagram) => this.#answer(datagram),
  );
  /** What an answer consists of, from what it should. */
  answer: (pages: Page[], request: ListRequest) => Page[] = (pages) => pages;
  client!: IndexClient;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    stage.client = await IndexClient.open({
      index: INDEX_ADDRESS,
      peer: ALICE,
      clock: stage.clock,
      random: seeded(),
      bind: stage.network.bind,
    });
    return stage;
  }

  async names(): Promise<string[]> {
    const entries = await this.clock.until(
      (async () => await Array.fromAsync(await this.client.list()))(),
    );
    return entries.map(({ name }) => `${name}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }

  #answer(datagram: Uint8Array): Uint8Array[] {
    const pdus = new PduBuffer(datagram);
    const [span] = messagesOf(pdus, datagram.length);
    const request = decodeRequest(pdus, span!);
    assert(request?.type === "O");
    this.asked.push(request);
    const start = numberOf(request.cursor);
    const count = Math.min(request.pages, PAGES - start);
    const pages = Array.from({ length: count }, (_, page) => ({
      page,
      more: page + 1 < count,
      start: start + page,
      next: (start + page + 1) % PAGES,
    }));
    return this.answer(pages, request).map((page) => encode(page, request));
  }
}

function encode(
  { page, more, start, next, transaction }: Page,
  request: ListRequest,
): Uint8Array {
  const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
  const head = { transaction: transaction ?? request.transaction };
  let end = encodeAck(pdus, 0, {
    ...head,
    token: 1n,
    count: 2 * PAGES,
    cursor: cursorOf(next),
    ...markPage({ page, more, from: cursorOf(start) }),
  });
  for (const name of namesOf(start)) {
    const record = { type: "O" as const, size: 1, port: 1, peer: ALICE };
    end = encodeRecord(pdus, end, {
      ...head,
      ...record,
      name: contentName(name),
    });
  }
  return pdus.bytes.slice(0, end);
}

function namesOf(page: number): string[] {
  return [`${page} first`, `${page} second`];
}

function cursorOf(number: number): Uint8Array {
  const cursor = new Uint8Array(16);
  new DataView(cursor.buffer).setUint32(12, number);
  return cursor;
}

function numberOf(cursor: Uint8Array): number {
  return new DataView(cursor.buffer, cursor.byteOffset).getUint32(12);
}

function pageOf(datagram: Uint8Array): number {
  const head = headOf(decodeReplies(datagram));
  return head.type === "A" ? readPageMark(head).page : -1;
}

const ALL = Array.from({ length: PAGES }, (_, page) => namesOf(page)).flat();

Deno.test("IndexClient asks for more pages at a time while answers come whole", async () => {
  await using stage = await Stage.open();
  assertEquals(await stage.names(), ALL);
  const asked = stage.asked.map(({ pages }) => pages);
  assertEquals(asked, [4, 8, 16, 32]);
  assertEquals(new Set(stage.asked.map((each) => each.transaction)).size, 4);
  await stage.names();
  assertEquals(stage.asked.slice(4).map(({ pages }) => pages), [32, 32]);
});

Deno.test("IndexClient takes the pages of an answer in any order, and each once", async () => {
  await using stage = await Stage.open();
  stage.answer = (pages) => {
    const [last, ...others] = pages.toReversed();
    return [...others, ...others, last!, last!];
  };
  assertEquals(await stage.names(), ALL);
  assertEquals(stage.asked.length, 4);
});

Deno.test("IndexClient goes on behind the last page before a lost one, at once", async () => {
  await using stage = await Stage.open();
  let lost = 0;
  stage.network.toClient = (datagram) =>
    pageOf(datagram) === 2 && lost++ === 0 ? [] : [1];
  assertEquals(await stage.names(), ALL);
  const [first, second] = stage.asked;
  assertEquals(numberOf(second!.cursor), 2);
  assert(second!.transaction !== first!.transaction);
  assert(stage.clock.now() < 250, "the last page came: nothing is waited for");
});

Deno.test("IndexClient goes on where an answer was cut off, after a while", async () => {
  await using stage = await Stage.open();
  stage.network.toClient = (datagram) =>
    stage.asked.length === 1 && pageOf(datagram) >= 2 ? [] : [1];
  assertEquals(await stage.names(), ALL);
  assertEquals(numberOf(stage.asked[1]!.cursor), 2);
  assertEquals(stage.asked[1]!.pages, 4, "no more at once where some is lost");
  assert(stage.clock.now() < 400);
});

Deno.test("IndexClient asks again where the first page is lost, and uses the others", async () => {
  await using stage = await Stage.open();
  let lost = 0;
  stage.network.toClient = (datagram) =>
    pageOf(datagram) === 0 && lost++ === 0 ? [] : [1];
  assertEquals(await stage.names(), ALL);
  const [first, second] = stage.asked;
  assertEquals(second!.transaction, first!.transaction);
  assertEquals(numberOf(second!.cursor), 0);
});

Deno.test("IndexClient waits for pages that come slowly one by one", async () => {
  await using stage = await Stage.open();
  // 150 ms after the one before it: all of them take seconds.
  stage.network.toClient = (datagram) => [150 * (1 + pageOf(datagram))];
  assertEquals(await stage.names(), ALL);
  assertEquals(stage.asked.length, 4, "nothing is asked twice");
});

Deno.test("IndexClient leaves out late pages of an answer that it has gone on from", async () => {
  await using stage = await Stage.open();
  stage.network.toClient = (datagram) =>
    stage.asked.length === 1 && pageOf(datagram) === 1 ? [3_000] : [1];
  assertEquals(await stage.names(), ALL);
  await stage.clock.advance(3_000);
  assertEquals(stage.client.dropped.unmatched, 3);
});

Deno.test("IndexClient takes no page that it did not ask for", async () => {
  await using stage = await Stage.open();
  stage.answer = (pages, { transaction }) => [
    { page: 32, more: true, start: 32, next: 33 },
    { page: 32_767, more: true, start: 1, next: 2 },
    { page: 0, more: false, start: 9, next: 0, transaction: transaction + 1 },
    ...pages,
  ];
  assertEquals(await stage.names(), ALL);
  assertEquals(stage.asked.length, 4);
  assertEquals(stage.client.dropped.unmatched, 4 * 3 * 3);
});

Deno.test("IndexClient takes no page that goes on from elsewhere", async () => {
  await using stage = await Stage.open();
  stage.answer = (pages) =>
    pages.map((each) => each.page === 1 ? { ...each, start: 999 } : each);
  assertEquals(await stage.names(), ALL);
  assertEquals(stage.asked.length, PAGES, "a page of each answer fits");
});

Deno.test("IndexClient bears an index that promises pages and sends one", async () => {
  await using stage = await Stage.open();
  stage.answer = ([first]) => [{ ...first!, more: true }];
  assertEquals(await stage.names(), ALL);
  assertEquals(stage.asked.length, PAGES);
});

Deno.test("IndexClient keeps the pages that came before an index was busy", async () => {
  await using stage = await Stage.open();
  const { network, clock, asked } = stage;
  network.toClient = (datagram) => {
    if (asked.length !== 1 || pageOf(datagram) < 2) return [1];
    const busy = refuse(asked[0]!, { error: "BUSY", retryAfter: 9 });
    const [socket] = network.sockets;
    clock.after(2, () => socket!.arrive(busy, network.from));
    return [];
  };
  assertEquals(await stage.names(), ALL);
  assertEquals(numberOf(asked[1]!.cursor), 2);
  assert(clock.now() < 250, "what came is gone on from, at once");
});

Deno.test("IndexClient ends a list that goes round within an answer", async () => {
  await using stage = await Stage.open();
  stage.answer = (pages) =>
    pages.map((each) => ({
      ...each,
      start: each.page % 3,
      next: 1 + each.page % 3,
    }))
      .map((each, i, all) =>
        i === 0 ? each : { ...each, start: all[i - 1]!.next }
      );
  await assertRejects(() => stage.names(), IndexProtocolError, "circles");
  assert(stage.asked.length < 10, `${stage.asked.length} requests`);
});

Deno.test("IndexClient.page() takes one page, whatever it is called", async () => {
  await using stage = await Stage.open();
  stage.answer = ([first]) => [{ ...first!, page: 7, more: true }];
  const page = await stage.clock.until(stage.client.page());
  assertEquals(page.entries.map(({ name }) => `${name}`), namesOf(0));
  assertEquals(stage.asked.map(({ pages }) => pages), [1]);
});
