import { assert, assertEquals, assertRejects } from "@std/assert";
import { IndexError } from "../../peer/index_error.ts";
import { contentName } from "../../protocol/name.ts";
import { entry, signer, stage } from "./client_fixture.ts";

Deno.test("IndexClient puts what is asked in one turn into few datagrams", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  at.index.datagrams.length = 0;
  await at.clock.until(
    at.client.searchAll(
      Array.from({ length: 8 }, (_, i) => ({ name: contentName(`${i}`) })),
    ),
  );
  assertEquals(at.index.datagrams, [8]);
});

Deno.test("IndexClient sends a name of any length whole", async () => {
  await using at = await stage();
  const names = [54, 55, 150, 151, 822].map((length) => {
    const parts = "0123456789".repeat(83).match(/.{1,100}/g)!.join("/");
    return parts.slice(0, length).replace(/\/$/, "x");
  });
  await at.clock.until(at.client.registerAll(names.map((name) => entry(name))));
  assertEquals(at.index.names, names.map((name) => `Alice/${name}`).sort());
});

Deno.test("IndexClient.registerAll() goes on after one that is refused", async () => {
  await using at = await stage();
  at.index.judge = (request) =>
    request.type === "R" && request.name === "b"
      ? { error: "FULL" }
      : undefined;
  const seen: string[] = [];
  const results = await at.clock.until(
    at.client.registerAll(["a", "b", "c"].map((name) => entry(name)), {
      onResult: ({ item }) => seen.push(item.name),
    }),
  );
  assertEquals(results.map(({ error }) => error instanceof IndexError), [
    false,
    true,
    false,
  ]);
  assertEquals(seen.sort(), ["a", "b", "c"]);
});

Deno.test("IndexClient.registerAll() gets all through a bad network", async () => {
  await using at = await stage({ signer: signer() });
  let n = 0;
  const fate = () => {
    n++;
    if (n % 5 === 0) return [];
    return n % 7 === 0 ? [1, 90] : [1 + (n * 31) % 200];
  };
  at.network.toIndex = fate;
  at.network.toClient = fate;
  const names = Array.from({ length: 2_000 }, (_, i) => `file ${i}`);
  const results = await at.clock.until(
    at.client.registerAll(names.map((name) => entry(name))),
  );
  assert(results.every(({ error }) => error === undefined));
  assertEquals(at.index.names.length, 2_000);
});

Deno.test("IndexClient ends a request with its signal, and only that one", async () => {
  await using at = await stage();
  await at.clock.until(at.client.hello());
  at.index.judge = (request) =>
    request.type === "R" && request.name === "a" ? "silence" : undefined;
  const ended = new AbortController();
  const one = at.client.register(entry("a"), { signal: ended.signal });
  const other = at.client.register(entry("b"));
  at.clock.after(300, () => ended.abort(new Error("enough")));
  await at.clock.until(assertRejects(() => one, Error, "enough"));
  await at.clock.until(other);
  assertEquals(at.clock.timers <= 1, true);
});

Deno.test("IndexClient ends a bulk with its signal", async () => {
  await using at = await stage();
  const ended = new AbortController();
  let done = 0;
  const bulk = at.client.registerAll(
    Array.from({ length: 5_000 }, (_, i) => entry(`${i}`)),
    {
      signal: ended.signal,
      onResult: () => {
        if (++done === 100) ended.abort(new Error("enough"));
      },
    },
  );
  await at.clock.until(assertRejects(() => bulk, Error, "enough"));
  assert(at.index.names.length < 1_000);
});

Deno.test("IndexClient's end is told to those who wait, and harmless twice", async () => {
  const at = await stage();
  at.network.toIndex = () => [];
  const waiting = assertRejects(
    () => at.client.register(entry("a")),
    DOMException,
    "closed",
  );
  await at.clock.advance(100);
  await Promise.all([
    at.client[Symbol.asyncDispose](),
    at.client[Symbol.asyncDispose](),
  ]);
  await waiting;
  await assertRejects(() => at.client.hello(), DOMException);
  assertEquals(at.network.sockets.size, 0);
  assertEquals(at.clock.timers, 0);
});
