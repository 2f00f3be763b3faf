import { assert, assertEquals, assertRejects } from "@std/assert";
import { IndexProtocolError } from "../../peer/index_error.ts";
import { type ListEntry, Listing, type ListPage } from "../../peer/listing.ts";
import { contentName } from "../../protocol/name.ts";
import { ALICE } from "./client_fixture.ts";

function entry(name: string): ListEntry {
  const content = contentName(name);
  return { peer: ALICE, name: content, size: 1, hostname: "::1", port: 1 };
}

function cursor(n: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, n);
  return bytes;
}

/** Pages that go on as `next` says, from page to page. */
function listing(
  next: (page: number) => number | undefined,
  { full = true, maxEntries }: { full?: boolean; maxEntries?: number } = {},
): { listing: Listing; asked: () => number } {
  let asked = 1;
  const pageOf = (n: number): ListPage => {
    const following = next(n);
    return {
      entries: full ? [entry(`${n}`)] : [],
      count: 7,
      cursor: following === undefined ? undefined : cursor(following),
    };
  };
  const made = new Listing([pageOf(0)], {
    next: (at) => {
      asked++;
      const n = new DataView(at.buffer, at.byteOffset).getUint32(12);
      return Promise.resolve([pageOf(n)]);
    },
    maxEntries,
  });
  return { listing: made, asked: () => asked };
}

Deno.test("Listing goes on through pages that hold nothing", async () => {
  const pages = [[], [entry("a")], [], [], [entry("b")], []];
  const pageOf = (n: number): ListPage => ({
    entries: pages[n]!,
    count: 2,
    cursor: n + 1 < pages.length ? cursor(n + 1) : undefined,
  });
  const all = new Listing([pageOf(0)], {
    next: (at) => Promise.resolve([pageOf(at[15]!)]),
  });
  assertEquals(all.count, 2);
  assertEquals((await Array.fromAsync(all)).length, 2);
  assertEquals((await Array.fromAsync(all)).length, 2);
});

Deno.test("Listing asks for a page only when it is read that far", async () => {
  const { listing: all, asked } = listing((n) => n + 1);
  let read = 0;
  for await (const _ of all) if (++read === 3) break;
  assertEquals(asked(), 3);
});

for (
  const [what, next] of [
    ["the same page again and again", () => 5],
    ["two pages in turn", (n: number) => 1 + n % 2],
    ["a long circle", (n: number) => 1 + n % 1_000],
  ] as const
) {
  Deno.test(`Listing ends an index that sends ${what}`, async () => {
    const { listing: all, asked } = listing(next);
    await assertRejects(
      () => Array.fromAsync(all),
      IndexProtocolError,
      "circles",
    );
    assert(asked() < 4_000);
  });
}

Deno.test("Listing ends an index that sends empty pages for ever", async () => {
  const { listing: all } = listing((n) => n + 1, { full: false });
  await assertRejects(() => Array.fromAsync(all), IndexProtocolError);
});

Deno.test("Listing ends at the most entries that are wanted", async () => {
  const { listing: all } = listing((n) => n + 1, { maxEntries: 10 });
  await assertRejects(
    () => Array.fromAsync(all),
    IndexProtocolError,
    "over 10 entries",
  );
});
