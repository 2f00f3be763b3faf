import { assertEquals } from "@std/assert";
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

async function startCluster(
  count: number,
  stack: AsyncDisposableStack,
): Promise<RedisServer[]> {
  const nodes: RedisServer[] = [];
  for (let n = 0; n < count; n++) {
    const node = stack.use(await RedisServer.start({ cluster: true }));
    const first = Math.floor(SLOTS * n / count);
    const last = Math.floor(SLOTS * (n + 1) / count) - 1;
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
