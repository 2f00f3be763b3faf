import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CursorError,
  type Page,
  RegistryView,
} from "../../index/registry_view.ts";
import type { Store } from "../../index/store.ts";
import { TestIndex } from "./test_index.ts";
import { digestOf, signerOf, TestPeer } from "./test_peer.ts";

const STILL = { clock: () => 0, timer: () => 0 };

function fixture(count = 0) {
  const index = new TestIndex();
  const bob = new TestPeer(index);
  bob.hello({ port: 6_000 }, signerOf(1));
  for (let n = 0; n < count; n++) bob.register(`file ${n}`, { port: 6_000 });
  const view = new RegistryView(index.store, {
    clock: () => index.now,
    timer: () => 0,
  });
  return { index, bob, view };
}

Deno.test("registrations() shows all of them, page by page", async () => {
  using view = fixture(25).view;
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Page<{ name: string }> = await view.registrations({
      cursor: cursor ?? undefined,
      limit: 10,
    });
    assert(page.entries.length <= 10);
    seen.push(...page.entries.map(({ name }) => name));
    cursor = page.cursor;
  } while (cursor !== null);
  assertEquals(seen, Array.from({ length: 25 }, (_, n) => `file ${n}`));
});

Deno.test("a page that ends exactly at the end has no next one", async () => {
  using view = fixture(10).view;
  const page = await view.registrations({ limit: 10 });
  assertEquals([page.entries.length, page.cursor], [10, null]);
});

Deno.test("registrations() filters, and finds what is far away", async () => {
  const { view, bob } = fixture(9_000);
  using _view = view;
  bob.register("needle.iso", { metadata: { size: 77 } });
  const page = await view.registrations({ filter: "NEEDLE", limit: 10 });
  assertEquals(page.entries, [{
    name: "needle.iso",
    size: 77,
    peer: "Bob",
    address: "192.0.2.1",
    port: 6_000,
    leaseMs: 60_000,
  }]);
  assertEquals(page.cursor, null);
});

Deno.test("a page that takes too long ends early and is gone on from", async () => {
  const { view, index } = fixture(1);
  using _view = view;
  let calls = 0;
  const cursor = new Uint8Array(16).fill(1);
  const slow: Store = Object.assign(Object.create(index.store), {
    list: () => {
      calls++;
      return { status: "DONE", count: 1, cursor, empty: false };
    },
  });
  using patient = new RegistryView(slow, STILL);
  const page = await patient.registrations({ limit: 10 });
  assertEquals([page.entries.length, page.cursor], [0, "01".repeat(16)]);
  assert(calls > 1 && calls < 100);
});

Deno.test("owners() shows who they are", async () => {
  using view = fixture(3).view;
  const page = await view.owners({ limit: 10 });
  assertEquals(page.entries, [{
    peer: "Bob",
    address: "192.0.2.1",
    port: 6_000,
    registrations: 3,
    key: signerOf(1).key.toHex(),
    leaseMs: 60_000,
  }]);
});

Deno.test("content() shows a content and who has it", async () => {
  const { view, index, bob } = fixture();
  using _view = view;
  const metadata = { size: 5_000, digest: digestOf(7), exponent: 18 };
  bob.register("a/b.txt", { port: 6_000, metadata });
  const amy = new TestPeer(index, "2001:db8::7");
  amy.register("a/b.txt", { peer: "Amy", port: 6_001, metadata });
  const content = await view.content("a/b.txt");
  assert(content);
  const { sources, ...shape } = content;
  assertEquals(shape, {
    name: "a/b.txt",
    size: 5_000,
    digest: digestOf(7).toHex(),
    pieceSize: 262_144,
    count: 2,
  });
  assertEquals(
    sources.map(({ peer, address, port }) => [peer, address, `${port}`]),
    [["Amy", "2001:db8::7", "6001"], ["Bob", "192.0.2.1", "6000"]],
  );
  assertEquals(await view.content("nothing"), undefined);
});

Deno.test("a cursor that is none is refused", async () => {
  using view = fixture(3).view;
  for (const cursor of ["", "zz", "0".repeat(33), "f".repeat(32)]) {
    await assertRejects(
      () => view.registrations({ cursor, limit: 1 }),
      CursorError,
    );
  }
});

Deno.test("who has gone away is not looked up for", async () => {
  using view = fixture(3).view;
  const gone = new Error("gone");
  await assertRejects(
    () => view.registrations({ limit: 1 }, AbortSignal.abort(gone)),
    Error,
    "gone",
  );
  assertEquals((await view.registrations({ limit: 3 })).entries.length, 3);
});
