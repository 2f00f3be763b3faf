import { assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { StoreUnavailable } from "../../../index/store_unavailable.ts";
import { StoreDriver } from "../store_driver.ts";
import { openRedisStore } from "./open_redis_store.ts";
import { RedisServer, withRedis } from "./redis_server.ts";

const REGISTRIES = ["lab", "farm", "office", "class"];
const SLOTS = 16_384;

withRedis(
  "three nodes are one cluster: a registry is whole, whichever node is named",
  async () => {
    await using stack = new AsyncDisposableStack();
    const nodes = await startCluster(3, stack);
    for (const registry of REGISTRIES) {
      const indexes: StoreDriver[] = [];
      for (const { url } of nodes) {
        const at = url.replace("redis:", "redis+cluster:");
        const store = stack.use(await openRedisStore(at, { registry }));
        const held = { store, [Symbol.asyncDispose]: () => Promise.resolve() };
        indexes.push(new StoreDriver(held, 0));
      }
      const [one, two, three] = indexes as [
        StoreDriver,
        StoreDriver,
        StoreDriver,
      ];
      await Promise.all(
        Array.from(
          { length: 60 },
          (_, n) => indexes[n % 3]!.register("bob", `f${n}`),
        ),
      );
      assertEquals((await two.list()).length, 60);
      assertEquals(await three.sources("f1"), ["bob"]);
      assertEquals(
        (await one.register("bob", "f1", { from: 2 })).status,
        "TAKEN",
      );
      await three.close(1);
      assertEquals(await one.list(), []);
      assertEquals(
        (await two.register("bob", "f1", { from: 2 })).status,
        "DONE",
      );
    }
    // Every registry lies at one node as a whole.
    const keys = await Promise.all(nodes.map(async (node) => {
      const reply = await node.command("KEYS", "*");
      return reply.split("\r\n").filter((line) => line.startsWith("{"));
    }));
    for (const registry of REGISTRIES) {
      const holding = keys.filter((held) =>
        held.some((key) => key.startsWith(`{${registry}}`))
      );
      assertEquals(holding.length, 1, registry);
    }
    assertEquals(keys.filter((held) => held.length > 0).length > 1, true);
  },
);

withRedis(
  "a node of a cluster dies and its replica takes over: the index goes on by itself",
  async () => {
    await using stack = new AsyncDisposableStack();
    const nodes = await startCluster(3, stack);
    const registry = "lab";
    const slot = Number(
      (await nodes[0]!.command("CLUSTER", "KEYSLOT", `{${registry}}`)).slice(1),
    );
    const master = nodes.findIndex((_, n) => slot < firstSlot(n + 1, 3));
    const replica = await addReplica(nodes, master, stack);
    const survivors = nodes.filter((_, n) => n !== master);
    const away = Promise.withResolvers<void>();
    const at = survivors[0]!.url.replace("redis:", "redis+cluster:");
    const store = stack.use(
      await openRedisStore(at, { registry, fault: () => away.resolve() }),
    );
    const index = new StoreDriver(
      { store, [Symbol.asyncDispose]: () => Promise.resolve() },
      0,
    );
    for (let n = 0; n < 20; n++) await index.register("bob", `f${n}`);
    const before = await index.list();
    await untilSame(nodes[master]!, replica);
    await nodes[master]!.kill();
    await assertRejects(() => index.register("bob", "lost"), StoreUnavailable);
    await away.promise;
    await replica.command("CLUSTER", "FAILOVER", "TAKEOVER");
    for (const node of [replica, ...survivors]) {
      await until(node, ["CLUSTER", "SLOTS"], `:${replica.port}\r\n`);
    }
    assertEquals(await answered(() => index.list()), before);
    assertEquals((await index.register("bob", "again")).status, "DONE");
    assertEquals(await index.sources("again"), ["bob"]);
  },
);

/** Asks until Redis is there again. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Asks a node until it says so. */
async function until(
  node: RedisServer,
  words: readonly string[],
  expected: string,
): Promise<string> {
  for (;;) {
    const reply = await node.command(...words);
    if (reply.includes(expected)) return reply;
  }
}

/** Waits until a replica has all that its master has. */
async function untilSame(
  master: RedisServer,
  replica: RedisServer,
): Promise<void> {
  const info = await master.command("INFO", "replication");
  const offset = info.match(/master_repl_offset:(\d+)/)![1]!;
  for (;;) {
    const its = await replica.command("INFO", "replication");
    const reached = its.match(/slave_repl_offset:(\d+)/)?.[1] ?? "0";
    if (BigInt(reached) >= BigInt(offset)) return;
  }
}

/** Starts a node that has what one of the others has. */
async function addReplica(
  nodes: readonly RedisServer[],
  master: number,
  stack: AsyncDisposableStack,
): Promise<RedisServer> {
  const replica = stack.use(await RedisServer.start({ cluster: true }));
  const where = ["127.0.0.1", `${replica.port}`, `${replica.clusterPort}`];
  await nodes[0]!.command("CLUSTER", "MEET", ...where);
  const [, id] = (await nodes[master]!.command("CLUSTER", "MYID")).split(
    "\r\n",
  );
  await until(replica, ["CLUSTER", "NODES"], id!);
  await until(replica, ["CLUSTER", "INFO"], "cluster_state:ok");
  await until(replica, ["CLUSTER", "REPLICATE", id!], "+OK");
  await until(replica, ["INFO", "replication"], "master_link_status:up");
  return replica;
}

function firstSlot(node: number, count: number): number {
  return Math.floor(SLOTS * node / count);
}

async function startCluster(
  count: number,
  stack: AsyncDisposableStack,
): Promise<RedisServer[]> {
  const nodes: RedisServer[] = [];
  for (let n = 0; n < count; n++) {
    const node = stack.use(await RedisServer.start({ cluster: true }));
    const first = firstSlot(n, count);
    const last = firstSlot(n + 1, count) - 1;
    await node.command("CLUSTER", "ADDSLOTSRANGE", `${first}`, `${last}`);
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", `${n + 1}`);
    nodes.push(node);
  }
  const [first, ...others] = nodes;
  for (const { port, clusterPort } of others) {
    const where = ["127.0.0.1", `${port}`, `${clusterPort}`];
    await first!.command("CLUSTER", "MEET", ...where);
  }
  for (const node of nodes) {
    let info;
    do info = await node.command("CLUSTER", "INFO"); while (
      !info.includes("cluster_state:ok") ||
      !info.includes(`cluster_known_nodes:${count}`)
    );
  }
  return nodes;
}
