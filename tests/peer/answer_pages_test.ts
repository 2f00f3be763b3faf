import { assert, assertEquals, assertFalse } from "@std/assert";
import { type Answer, AnswerPages } from "../../peer/answer_pages.ts";
import { UNSPECIFIED } from "../../protocol/address.ts";
import { markPage } from "../../protocol/page_mark.ts";

/** A page from one cursor to another, cursors being numbers. */
function page(
  number: number,
  { from = number, to = number + 1, more = true } = {},
): Answer {
  const mark = markPage({ page: number, more, from: cursor(from) });
  return {
    ack: {
      type: "A",
      transaction: 1,
      token: 1n,
      address: UNSPECIFIED,
      port: 1,
      count: 0,
      cursor: cursor(to),
      text: "",
      ...mark,
    },
    records: [],
  };
}

function cursor(number: number): Uint8Array {
  return new Uint8Array(16).fill(number);
}

function numbersOf(pages: AnswerPages): number[] {
  return pages.inOrder.map(({ ack }) => ack.cursor[0]!);
}

Deno.test("AnswerPages puts pages in order, whatever order they come in", () => {
  const pages = new AnswerPages(32);
  const last = page(3, { more: false });
  for (const each of [page(2), last, page(0)]) assert(pages.add(each));
  assertEquals(numbersOf(pages), [1]);
  assert(pages.isOver);
  assertFalse(pages.isWhole);
  assert(pages.add(page(1)));
  assertEquals(numbersOf(pages), [1, 2, 3, 4]);
  assert(pages.isWhole);
});

Deno.test("AnswerPages takes each page once, and none that was not asked for", () => {
  const pages = new AnswerPages(3);
  assert(pages.add(page(1)));
  assertFalse(pages.add(page(1, { to: 9 })));
  for (const number of [3, 4, 300, 32_767]) {
    assertFalse(pages.add(page(number)), `${number}`);
  }
  assert(pages.add(page(0)));
  assertEquals(numbersOf(pages), [1, 2]);
  assertFalse(pages.isOver);
});

Deno.test("AnswerPages is over with the last page that was asked for", () => {
  const pages = new AnswerPages(2);
  assert(pages.add(page(0)));
  assertFalse(pages.isOver);
  assert(pages.add(page(1, { more: true })));
  assert(pages.isOver && pages.isWhole);
});

Deno.test("AnswerPages does not take the pages of two answers for one", () => {
  const pages = new AnswerPages(3);
  pages.add(page(0));
  pages.add(page(1, { from: 7, more: true }));
  pages.add(page(2, { more: false }));
  assertEquals(numbersOf(pages), [1]);
  assertFalse(pages.isWhole);
});

Deno.test("AnswerPages takes an answer of one page as it is", () => {
  // To other requests the fields of the mark mean something else.
  const pages = new AnswerPages(1);
  assert(pages.add(page(0x12c)));
  assertFalse(pages.add(page(0)));
  assert(pages.isOver && pages.isWhole);
  assertEquals(pages.inOrder.length, 1);
});

Deno.test("AnswerPages is nothing where the first page is missing", () => {
  const pages = new AnswerPages(8);
  assertEquals(pages.inOrder, []);
  assertFalse(pages.isWhole);
  pages.add(page(7, { more: false }));
  assert(pages.isOver);
  assertFalse(pages.isWhole);
  assertEquals(pages.inOrder, []);
});
