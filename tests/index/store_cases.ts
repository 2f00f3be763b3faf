/**
 * What every store does in the cases that the contract leaves out: counts,
 * limits of an address, the order of sources, lists that run while others
 * change, and requests that arrive twice.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { parseFilter } from "../../index/filter.ts";
import { DEFAULT_LIMITS, type StoreLimits } from "../../index/limits.ts";
import type { Selection } from "../../index/memory/source_picker.ts";
import type { RequestMark } from "../../index/reply_memory.ts";
import type { ListPage } from "../../index/store.ts";
import { isLastPage } from "../../protocol/reply.ts";
import { NO_CURSOR } from "../../protocol/request.ts";
import { START } from "./test_index.ts";
import { type OpenedStore, StoreDriver } from "./store_driver.ts";

/** Opens an empty store. */
export type OpenStore = (
  options: {
    readonly limits: StoreLimits;
    readonly selection: Selection;
    readonly now: number;
  },
) => Promise<OpenedStore> | OpenedStore;

/** Registers a test, as `Deno.test` does. */
export type RegisterTest = (name: string, fn: () => Promise<void>) => void;

/** Registers the tests of a store. */
export function testStoreCases(
  title: string,
  open: OpenStore,
  test: RegisterTest = (name, fn) => Deno.test(name, fn),
): void {
  const each = (
    name: string,
    fn: (driver: StoreDriver) => Promise<void>,
    { selection = "newest", ...limits }:
      & Partial<StoreLimits>
      & { selection?: Selection } = {},
  ) =>
    test(`${title}: ${name}`, async () => {
      const opened = await open({
        limits: { ...DEFAULT_LIMITS, ...limits },
        selection,
        now: START,
      });
      await using driver = new StoreDriver(opened, START);
      await fn(driver);
    });

  each("the newest registration's digest wins, newest first", async (s) => {
    await s.register("a", "f", {
      digest: 1,
    });
    await s.register("b", "f", {
      digest: 1,
    });
    assertEquals(await s.sources("f"), [
      "b",
      "a",
    ]);
    await s.register("c", "f", {
      digest: 2,
    });
    assertEquals(await s.sources("f"), [
      "c",
    ]);
    await s.register("a", "f", {
      digest: 2,
    });
    assertEquals(await s.sources("f"), [
      "a",
      "c",
    ]);
    await s.register("c", "f", {
      digest: 2,
    });
    assertEquals(await s.sources("f"), [
      "a",
      "c",
    ], "renewing moves nothing");
    await s.deregister("a", "f");
    assertEquals(await s.sources("f"), [
      "c",
    ]);
    assertEquals(await s.sources("f", 1), [
      "b",
    ]);
    await s.deregister("c", "f");
    assertEquals(await s.sources("f"), [
      "b",
    ]);
  });

  each("what has run out is not shown, freed or not", async (s) => {
    await s.open(1, {
      leaseMs: 10_000,
    });
    await s.register("a", "f", {
      from: 1,
    });
    await s.register("b", "f", {
      from: 2,
    });
    s.pass(9_999);
    assertEquals(await s.sources("f"), [
      "b",
      "a",
    ]);
    s.pass(1);
    assertEquals(await s.sources("f"), [
      "b",
    ]);
    assertEquals(await s.list(), [
      "b f",
    ]);
    assertEquals(
      (await s.register("a", "f", {
        from: 3,
      })).status,
      "DONE",
    );
    // A store may take a second to notice; nobody sees it meanwhile.
    s.pass(1_000);
    await s.settle();
    assertEquals(await s.sources("f"), [
      "a",
      "b",
    ]);
    const { registrations, owners, expired } = s.counts();
    assertEquals({
      registrations,
      owners,
      expired,
    }, {
      registrations: 2,
      owners: 2,
      expired: 1,
    });
  });

  each("a hello renews all, a goodbye drops all", async (s) => {
    await s.open(1, {
      leaseMs: 10_000,
    });
    for (let n = 0; n < 30; n++) {
      await s.register("a", `f${n}`, {
        from: 1,
      });
    }
    s.pass(9_000);
    assertEquals(
      await s.open(1, {
        leaseMs: 10_000,
      }),
      {
        status: "DONE",
        held: 30,
      },
    );
    s.pass(9_000);
    assertEquals((await s.list()).length, 30);
    await s.close(1);
    assertEquals(await s.list(), []);
    assertEquals(
      (await s.register("a", "f0", {
        from: 2,
      })).status,
      "DONE",
    );
    await s.settle();
    assertEquals(s.counts().registrations, 1);
    assertEquals(await s.open(1), {
      status: "DONE",
      held: 0,
    });
  });

  each("what an endpoint registered becomes the key's", async (s) => {
    await s.open(1, {
      key: 7,
      port: 5_000,
    });
    await s.register("a", "f", {
      from: 1,
    });
    for (let n = 0; n < 3; n++) {
      await s.register("b", `${n}`, {
        from: 2,
      });
    }
    assertEquals(
      await s.open(2, {
        key: 7,
      }),
      {
        status: "DONE",
        held: 4,
      },
    );
    assertEquals(
      (await s.register("b", "0", {
        from: 2,
      })).status,
      "DONE",
    );
    assertEquals(await s.deregister("b", "1", 2), true);
    assertEquals(
      await s.open(2, {
        key: 7,
      }),
      {
        status: "DONE",
        held: 3,
      },
    );
    await s.close(2, {
      key: 7,
    });
    await s.settle();
    assertEquals(await s.list(), []);
    const { registrations, owners } = s.counts();
    assertEquals({
      registrations,
      owners,
    }, {
      registrations: 0,
      owners: 0,
    });
  });

  each("a hello with a port moves all registrations to it", async (s) => {
    await s.register("a", "f", {
      from: 1,
      port: 5_000,
    });
    await s.register("a", "g", {
      from: 1,
      port: 6_000,
    });
    assertEquals(await s.ports("f", "g"), [
      5_000,
      6_000,
    ]);
    await s.open(1, {
      port: 7_000,
    });
    assertEquals(await s.ports("f", "g"), [
      7_000,
      7_000,
    ]);
    await s.register("a", "g", {
      from: 1,
      port: 8_000,
    });
    assertEquals(await s.ports("f", "g"), [
      7_000,
      8_000,
    ]);
    await s.open(1, {
      port: 7_000,
    });
    assertEquals(await s.ports("f", "g"), [
      7_000,
      7_000,
    ]);
  });

  each("limits of an owner, of an address and in all hold", async (s) => {
    const register = async (from: number, name: string) =>
      (await s.register(`p${from}`, name, {
        from,
      })).status;
    assertEquals(await register(1, "a"), "DONE");
    assertEquals(await register(1, "b"), "DONE");
    assertEquals(await register(1, "c"), "FULL", "of an owner");
    assertEquals(await register(1, "a"), "DONE", "renewing needs no room");
    assertEquals(await register(101, "a"), "DONE");
    assertEquals(await register(101, "b"), "FULL", "of an address");
    assertEquals(await register(201, "a"), "FULL", "owners of an address");
    assertEquals(await register(2, "a"), "DONE");
    assertEquals(await register(2, "b"), "DONE");
    assertEquals(await register(3, "b"), "FULL", "in all");
    assertEquals((await s.open(3)).status, "DONE");
    assertEquals((await s.open(4)).status, "FULL", "owners in all");
    assertEquals(await s.deregister("p1", "a", 1), true);
    assertEquals(await register(3, "b"), "DONE");
  }, {
    maxPerOwner: 2,
    maxPerAddress: 3,
    maxRegistrations: 5,
    maxOwnersPerAddress: 2,
    maxOwners: 4,
  });

  each("limits hold for whoever moves, and for what joins a key", async (s) => {
    const open = async (from: number, key: number) =>
      (await s.open(from, { key })).status;
    // 1 and 101, 2 and 102 are at the same address.
    assertEquals(await open(1, 1), "DONE");
    for (const name of ["a", "b", "c"]) await s.register("p1", name);
    assertEquals(await open(2, 2), "DONE");
    for (const name of ["a", "b"]) await s.register("p2", name, { from: 2 });
    assertEquals(await open(102, 1), "FULL", "registrations of an address");
    assertEquals(await s.deregister("p1", "a", 1), true, "it is where it was");
    assertEquals(await open(102, 1), "DONE");
    assertEquals(await open(3, 3), "DONE");
    assertEquals(await open(202, 3), "FULL", "owners of an address");
    for (const name of ["a", "b"]) await s.register("p4", name, { from: 4 });
    assertEquals(await open(4, 1), "FULL", "registrations of an owner");
    assertEquals(await s.deregister("p4", "b", 4), true);
    assertEquals(await open(4, 1), "DONE");
    assertEquals((await s.list()).sort(), [
      ...["p1 b", "p1 c", "p2 a", "p2 b", "p4 a"],
    ]);
  }, { maxPerOwner: 3, maxPerAddress: 4, maxOwnersPerAddress: 2 });

  each("search after search reaches every source", async (s) => {
    for (let n = 0; n < 40; n++) {
      await s.register(`p${n}`, "f", {
        from: n + 1,
      });
    }
    const seen = new Set<string>();
    for (let n = 0; n < 5; n++) {
      const sources = await s.sources("f");
      assertEquals(sources[0], "p39", "the newest comes first");
      assertEquals(sources.length, 10);
      assertEquals(new Set(sources).size, 10, "each of them once");
      for (const source of sources) seen.add(source);
    }
    assertEquals(seen.size, 40);
  });

  each("sources that fill a reply alone take turns", async (s) => {
    for (let n = 0; n < 3; n++) {
      await s.register(`p${n}`, "f", {
        from: n + 1,
      });
    }
    const seen = [];
    for (let n = 0; n < 6; n++) {
      seen.push(...await s.sources("f", undefined, 1));
    }
    assertEquals(seen, [
      "p2",
      "p1",
      "p0",
      "p2",
      "p1",
      "p0",
    ]);
  });

  each("the least used sources come first where that is wanted", async (s) => {
    for (let n = 0; n < 4; n++) {
      await s.register(`p${n}`, "f", {
        from: n + 1,
      });
    }
    const uses = new Map<string, number>();
    for (let n = 0; n < 8; n++) {
      for (const peer of (await s.sources("f", undefined, 2))) {
        uses.set(peer, (uses.get(peer) ?? 0) + 1);
      }
      await s.settle();
    }
    assertEquals([
      ...uses.values(),
    ], [
      4,
      4,
      4,
      4,
    ]);
  }, {
    selection: "least-used",
  });

  each("a list shows what is there throughout exactly once", async (s) => {
    const name = (n: number) => `f${String(n).padStart(3, "0")}`;
    for (let n = 0; n < 300; n++) await s.register("a", name(n));
    const seen = new Map<string, number>();
    let cursor: Uint8Array = NO_CURSOR;
    for (let step = 0;; step++) {
      const page = await s.page(cursor, {
        room: 7,
      });
      for (const entry of page.shown) {
        seen.set(entry, (seen.get(entry) ?? 0) + 1);
      }
      if (isLastPage(page.cursor)) break;
      cursor = page.cursor;
      assertEquals(page.count, 300);
      await s.deregister("a", name(step * 2));
      await s.register("b", `new${step}`);
      await s.register("a", name(step * 2 + 1), {
        digest: step,
      });
    }
    for (let n = 1; n < 300; n += 2) assertEquals(seen.get(`a ${name(n)}`), 1);
    for (const [entry, times] of seen) assertEquals(times, 1, entry);
  });

  each("a filter finds everything, page by page", async (s) => {
    for (let n = 0; n < 700; n++) await s.register("a", `f${n}`);
    await s.register("Bob", "Holidays/Beach.MP4", {
      from: 2,
    });
    assertEquals(await s.list("beach holi"), [
      "Bob Holidays/Beach.MP4",
    ]);
    assertEquals((await s.list("f6*")).length, 111);
    assertEquals(await s.list("nothing"), []);
    assertEquals((await s.list("peer:bob")).length, 1);
  });

  each("the hardest filter finds everything", async (s) => {
    const long = `${"e".repeat(250)}/`.repeat(3);
    for (let n = 0; n < 40; n++) await s.register("a", `${long}${n}`);
    assertEquals((await s.list(`${"**e".repeat(270)}**`)).length, 40);
    assertEquals((await s.list(`${"**e".repeat(260)}**39`)).length, 1);
    assertEquals(await s.list("**e".repeat(270)), []);
  });

  each("the pages of one request are those of one request each", async (s) => {
    for (let n = 0; n < 500; n++) await s.register("a", `f${n}`);
    for (const text of ["", "f1", "9", "nothing"]) {
      const filter = parseFilter(text);
      const single: ListPage[] = [];
      const many: ListPage[] = [];
      for (
        let cursor = NO_CURSOR;
        single.length === 0 || !isLastPage(cursor);
      ) {
        single.push(await s.page(cursor, { filter: text, room: 7 }));
        ({ cursor } = single.at(-1)!);
      }
      for (let cursor = NO_CURSOR; many.length === 0 || !isLastPage(cursor);) {
        const pages = await s.pages(cursor, { filter, room: 7, most: 5 });
        assert(pages.length <= 5);
        many.push(...pages);
        ({ cursor } = many.at(-1)!);
      }
      if (text !== "nothing") assertEquals(many, single, text);
      assertEquals(many.at(-1)!.count, single.at(-1)!.count);
    }
  });

  each("the work of a request is bounded, however many pages", async (s) => {
    for (let n = 0; n < 3_000; n++) await s.register("a", `f${n}`);
    const looksOf = async (cost: number, matches: boolean) => {
      let looks = 0;
      const filter = { cost, matches: () => ++looks > 0 && matches };
      const pages = await s.pages(NO_CURSOR, { filter });
      return { looks, isLast: isLastPage(pages.at(-1)!.cursor) };
    };
    for (const cost of [10, 50]) {
      const none = await looksOf(cost, false);
      const all = await looksOf(cost, true);
      assertEquals([none.isLast, all.isLast], [false, false]);
      assert(all.looks <= none.looks, `${all.looks} of ${none.looks}`);
    }
    const unfiltered = await s.pages(NO_CURSOR, { room: 1 });
    assert(unfiltered.length < 2_000, `${unfiltered.length} pages`);
    assertFalse(isLastPage(unfiltered.at(-1)!.cursor));
  });

  each("names that begin alike, or are long, are told apart", async (s) => {
    const names = [
      "a",
      "ab",
      "a/b",
      "é",
      "e\u0301",
      "日本語",
      "x".repeat(255),
    ];
    for (const [n, name] of names.entries()) {
      await s.register("p", name, {
        digest: n,
      });
    }
    for (const name of names) {
      assertEquals(await s.sources(name), [
        "p",
      ]);
    }
    assertEquals((await s.list()).length, names.length);
    for (const name of names) assertEquals(await s.deregister("p", name), true);
    assertEquals(await s.list(), []);
  });

  each("what came twice is done once, where marks are kept", async (s) => {
    const mark: RequestMark = {
      senderHigh: 1,
      senderLow: 2,
      transaction: 3,
      content: 4,
    };
    if (!s.keepsMarks) return;
    await s.register("a", "f", {
      mark,
    });
    await s.deregister("a", "f");
    assertEquals(
      (await s.register("a", "f", {
        mark,
      })).status,
      "DONE",
    );
    assertEquals(await s.list(), [], "not registered again");
    s.pass(120_001);
    await s.register("a", "f", {
      mark,
    });
    assertEquals(await s.list(), [
      "a f",
    ]);
  });
}
