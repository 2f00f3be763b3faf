import { assert, assertEquals } from "@std/assert";
import fc from "../../fast_check.ts";
import { DEFAULT_LIMITS } from "../../../index/limits.ts";
import { MemoryStore } from "../../../index/memory/memory_store.ts";
import { StoreUnavailable } from "../../../index/store_unavailable.ts";
import { StoreDriver } from "../store_driver.ts";
import { START } from "../test_index.ts";
import { openRedisStore } from "./open_redis_store.ts";
import { RedisServer, withRedis } from "./redis_server.ts";

withRedis(
  "RedisStore: one of many who want a name at once gets it",
  async () => {
    await using server = await RedisServer.start();
    await using one = await openRedisStore(server.url);
    await using two = await openRedisStore(server.url);
    const indexes = [one, two].map((store) => driverOf(store));
    for (let round = 0; round < 20; round++) {
      const results = await Promise.all(
        Array.from(
          { length: 50 },
          (_, n) => indexes[n % 2]!.register("p", `f${round}`, { from: n + 1 }),
        ),
      );
      const done = results.filter(({ status }) => status === "DONE");
      assertEquals(done.length, 1);
    }
    assertEquals((await indexes[0]!.list()).length, 20);
  },
);

withRedis(
  "RedisStore: what Redis has no room for does not keep others from being removed",
  async () => {
    await using server = await RedisServer.start();
    const faults: unknown[] = [];
    await using store = await openRedisStore(server.url, {
      fault: (error) => faults.push(error),
    });
    const index = driverOf(store);
    await index.register("p", "old");
    await server.command("CONFIG", "SET", "maxmemory", "1");
    const [one, two, removed] = await Promise.allSettled([
      index.register("p", "one"),
      index.register("p", "two"),
      index.deregister("p", "old"),
    ]);
    assert(one.status === "rejected" && two.status === "rejected");
    assert(one.reason instanceof StoreUnavailable);
    assert(removed.status === "fulfilled" && removed.value);
    assert(faults.length > 0);
    await server.command("CONFIG", "SET", "maxmemory", "0");
    assertEquals(await index.list(), []);
    assertEquals((await index.register("p", "one")).status, "DONE");
  },
);

withRedis("RedisStore: limits hold, however many ask at once", async () => {
  await using server = await RedisServer.start();
  const limits = { maxPerOwner: 30, maxRegistrations: 100 };
  await using one = await openRedisStore(server.url, { limits });
  await using two = await openRedisStore(server.url, { limits });
  const indexes = [one, two].map((store) => driverOf(store));
  const results = await Promise.all(
    Array.from({ length: 400 }, async (_, n) => {
      const from = 1 + n % 5;
      const { status } = await indexes[n % 2]!.register(`p${from}`, `f${n}`, {
        from,
      });
      return { from, status };
    }),
  );
  const done = results.filter(({ status }) => status === "DONE");
  assertEquals(done.length, 100);
  for (let from = 1; from <= 5; from++) {
    assertEquals(done.filter((each) => each.from === from).length <= 30, true);
  }
  const removed = await Promise.all(
    results.map(({ from }, n) =>
      indexes[(n + 1) % 2]!.deregister(`p${from}`, `f${n}`, from)
    ),
  );
  assertEquals(removed.filter(Boolean).length, 100);
  await indexes[0]!.settle();
  await one.swept();
  const { registrations } = one.counts();
  assertEquals(registrations, 0);
  // Nothing is left behind but the owners themselves.
  for (const letter of ["r", "n", "f", "d", "w", "e"]) {
    assertEquals(await server.command("EXISTS", `{test}${letter}`), ":0\r\n");
  }
});

const STEP = fc.record({
  what: fc.constantFrom(
    ...["register", "register", "register", "hello", "hello", "keyed"],
    ...["keyed", "deregister", "close", "pass", "sweep", "search"],
  ),
  from: fc.integer({ min: 1, max: 4 }),
  key: fc.integer({ min: 1, max: 2 }),
  peer: fc.constantFrom("a", "b"),
  name: fc.constantFrom("x", "y", "z"),
  digest: fc.integer({ min: 1, max: 2 }),
  port: fc.constantFrom(0, 5_000, 6_000),
  ms: fc.constantFrom(1, 9_000, 20_000, 31_000, 70_000),
});

withRedis("RedisStore does what a store in memory does", async () => {
  await using server = await RedisServer.start();
  let run = 0;
  const limits = { ...DEFAULT_LIMITS, maxPerOwner: 5, maxOwners: 4 };
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 60 }), async (steps) => {
      await using store = await openRedisStore(server.url, {
        limits,
        now: START,
        registry: `run${run++}`,
      });
      const shared = driverOf(store, START);
      const memory = driverOf(
        new MemoryStore({
          limits,
          selection: "newest",
          seed: new Uint8Array(16).fill(1),
          now: START,
        }),
        START,
      );
      for (const step of steps) {
        const [expected, actual] = [
          await take(memory, step),
          await take(shared, step),
        ];
        if (step.what === "sweep") await store.swept();
        assertEquals(actual, expected, step.what);
      }
      assertEquals((await shared.list()).sort(), (await memory.list()).sort());
      for (const each of [shared, memory]) each.pass(71_000);
      await shared.settle();
      for (let more = 0; more < 3; more++) {
        await shared.settle();
        await store.swept();
      }
      assertEquals(store.counts().registrations, 0);
      assertEquals(store.counts().owners, 0);
      for (
        const letter of ["o", "s", "k", "c", "l", "q", "g", "t", "r", "n", "w"]
      ) {
        const key = `{run${run - 1}}${letter}`;
        assertEquals(await server.command("EXISTS", key), ":0\r\n", key);
      }
    }),
    { numRuns: 150 },
  );
});

async function take(
  driver: StoreDriver,
  { what, from, key, peer, name, digest, port, ms }: typeof STEP extends
    fc.Arbitrary<infer Step> ? Step : never,
): Promise<unknown> {
  switch (what) {
    case "register":
      return await driver.register(peer, name, {
        from,
        digest,
        port: port || 7_000,
      });
    case "deregister":
      return await driver.deregister(peer, name, from);
    case "hello":
      return await driver.open(from, { port, leaseMs: 30_000 });
    case "keyed":
      return await driver.open(from, { key, port, leaseMs: 40_000 });
    case "close":
      return await driver.close(from, ms > 9_000 ? { key } : {});
    case "pass":
      return driver.pass(ms);
    case "sweep":
      return await driver.settle();
    default: {
      const found = await driver.search(name, ms > 9_000 ? digest : undefined);
      if (found.status !== "FOUND") return found.status;
      return found.sources.map(({ peer, address, port, key }) => [
        ...[peer, address[15], port, key?.[0]],
      ]);
    }
  }
}

function driverOf(
  store: ConstructorParameters<typeof StoreDriver>[0]["store"],
  now = 0,
): StoreDriver {
  return new StoreDriver(
    { store, [Symbol.asyncDispose]: () => Promise.resolve() },
    now,
  );
}
