import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { StatusServer } from "../../../index/web/status_server.ts";
import { IndexServer } from "../../../index/server.ts";
import { IndexClient } from "../../../peer/index_client.ts";
import { contentName, peerName } from "../../../protocol/name.ts";
import {
  encodeList,
  encodeSearch,
  NO_CURSOR,
} from "../../../protocol/request.ts";
import { Child } from "../../child.ts";
import { tempDir } from "../../permission.ts";
import {
  acknowledged,
  deregisterOf,
  digestOf,
  headOf,
  registerOf,
} from "../test_peer.ts";
import { RedisServer, withRedis } from "./redis_server.ts";
import { type IndexAddress, UdpCaller } from "./udp_caller.ts";

withRedis("two indexes on one Redis are one index", async () => {
  await using redis = await RedisServer.start();
  await using one = await startIndex(redis);
  await using two = await startIndex(redis);
  using peer = new UdpCaller();
  acknowledged(headOf(await peer.ask(one, registerOf("a.txt"))));
  const found = await peer.once(two, searchOf("a.txt"));
  assertEquals(
    found.map((each) => each.type),
    ["A", "S"],
    "at once, by the same token",
  );
  for (let n = 0; n < 30; n++) {
    acknowledged(
      headOf(await peer.once(n % 2 ? one : two, registerOf(`${n}`))),
    );
  }
  const [head] = await peer.once(
    one,
    (pdus, head) =>
      encodeList(pdus, 0, { ...head, cursor: NO_CURSOR, filter: "" }),
  );
  assert(head?.type === "A");
  const next = await peer.once(
    two,
    (pdus, request) =>
      encodeList(pdus, 0, { ...request, cursor: head.cursor, filter: "" }),
  );
  assertEquals(next[0]?.type, "A", "a cursor of the one is one of the other");
  assertEquals(next.length > 1, true);
});

withRedis("what comes twice, at two indexes, is done once", async () => {
  await using redis = await RedisServer.start();
  await using one = await startIndex(redis);
  await using two = await startIndex(redis);
  using peer = new UdpCaller();
  await peer.ask(one, registerOf("first"));
  const register = peer.datagram(registerOf("a.txt"));
  const deregister = peer.datagram(deregisterOf("a.txt"));
  acknowledged(headOf(await peer.send(one, register)));
  acknowledged(headOf(await peer.send(two, deregister)));
  acknowledged(headOf(await peer.send(two, register)));
  acknowledged(headOf(await peer.send(one, deregister)));
  for (const index of [one, two]) {
    assertEquals((await peer.once(index, searchOf("a.txt")))[0]?.type, "E");
  }
});

withRedis("one of two indexes is killed: the other one goes on", async () => {
  await using redis = await RedisServer.start();
  await using one = Child.start("index_server.ts", [
    ...["--host", "127.0.0.1", "--port", "0", "--no-announce", "--json"],
    ...["--redis", redis.url],
  ], { allow: ["--allow-net"] });
  const { port } = await one.event<{ port: number }>("listening");
  await using two = await startIndex(redis);
  using peer = new UdpCaller();
  const killed: IndexAddress = { addr: { port } };
  for (let n = 0; n < 50; n++) {
    acknowledged(headOf(await peer.ask(killed, registerOf(`${n}`))));
  }
  one.kill("SIGKILL");
  await one.end();
  for (let n = 0; n < 50; n++) {
    const found = await peer.once(two, searchOf(`${n}`));
    assertEquals(found.map((each) => each.type), ["A", "S"]);
  }
  acknowledged(headOf(await peer.once(two, deregisterOf("7"))));
});

withRedis(
  "Redis is killed in the middle: what was acknowledged is there",
  async () => {
    // Not on a disk: Redis waits for it after every write, and we for Redis.
    await using dir = await tempDir({ inMemory: true });
    const redis = await RedisServer.start({ dir: dir.path });
    const away = Promise.withResolvers<void>();
    await using index = await startIndex(redis, () => away.resolve());
    await using client = await IndexClient.open({
      index: index.addr,
      peer: peerName("bulk"),
    });
    await client.hello({ port: 6_000, lease: 600 });
    const names = Array.from({ length: 3_000 }, (_, n) => `bulk/${n}`);
    const some = Promise.withResolvers<void>();
    let acknowledgements = 0;
    const registering = client.registerAll(names.map((name) => entryOf(name)), {
      onResult: () => {
        if (++acknowledgements === 1_000) some.resolve();
      },
    });
    await some.promise;
    await redis.kill();
    await away.promise;
    using caller = new UdpCaller();
    const refused = await caller.ask(index, registerOf("meanwhile"));
    assert(refused[0]?.type === "E");
    assertEquals([refused[0].error, refused[0].retryAfter], ["UNAVAILABLE", 1]);
    await using _revived = await RedisServer.start({
      dir: dir.path,
      port: redis.port,
    });
    const results = await registering;
    assertEquals(results.filter(({ error }) => error), []);
    // Nobody registers again what was acknowledged, so it was kept.
    const listing = await client.list("", { maxEntries: 10_000 });
    const listed = new Set<string>();
    for await (const { name } of listing) listed.add(name);
    assertEquals(names.filter((name) => !listed.has(name)), []);
    assertEquals(listed.has("meanwhile"), false, "refused is not stored");
  },
);

withRedis("the page shows peers, and says when Redis is away", async () => {
  await using redis = await RedisServer.start();
  const away = Promise.withResolvers<void>();
  await using index = await startIndex(redis, () => away.resolve());
  await using page = StatusServer.start(index, {
    hostname: "127.0.0.1",
    port: 0,
    names: [],
    fault: (error) => away.reject(error),
  });
  using peer = new UdpCaller();
  acknowledged(headOf(await peer.ask(index, registerOf("a.txt"))));
  const shown = await fetch(`${page.url}api/v1/peers`);
  const { entries } = await shown.json();
  assertEquals([entries.length, entries[0].registrations], [1, 1]);
  await redis.kill();
  await away.promise;
  for (const path of ["peers", "registrations", "content?name=a.txt"]) {
    const refused = await fetch(`${page.url}api/v1/${path}`);
    assertEquals(refused.status, 503, path);
    await refused.body?.cancel();
  }
});

withRedis(
  "Redis stands still: requests are refused, and then go on",
  async () => {
    await using redis = await RedisServer.start();
    await using index = await startIndex(redis, () => {});
    using peer = new UdpCaller();
    acknowledged(headOf(await peer.ask(index, registerOf("a.txt"))));
    redis.signal("SIGSTOP");
    const [refused] = await peer.once(index, searchOf("a.txt"));
    assert(refused?.type === "E" && refused.error === "UNAVAILABLE");
    redis.signal("SIGCONT");
    let found;
    do found = await peer.once(index, searchOf("a.txt")); while (
      found[0]?.type === "E"
    );
    assertEquals(found.map((each) => each.type), ["A", "S"]);
  },
);

withRedis(
  "a full Redis takes no registrations, and searches go on",
  async () => {
    await using redis = await RedisServer.start();
    const faults: string[] = [];
    await using index = await startIndex(redis, (error) => {
      faults.push(String(error));
    });
    using peer = new UdpCaller();
    acknowledged(headOf(await peer.ask(index, registerOf("a.txt"))));
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    const [refused] = await peer.once(index, registerOf("b.txt"));
    assert(refused?.type === "E" && refused.error === "UNAVAILABLE");
    assertStringIncludes(
      faults[0]!,
      "Redis refused to change the registry: OOM",
    );
    const found = await peer.once(index, searchOf("a.txt"));
    assertEquals(found.map((each) => each.type), ["A", "S"]);
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    acknowledged(headOf(await peer.once(index, registerOf("b.txt"))));
  },
);

withRedis("a registry of another version, or none, is refused", async () => {
  await using redis = await RedisServer.start();
  await redis.command("HSET", "{peerdex}m", "version", "9");
  await assertRejects(() => startIndex(redis), Error, "version 9");
  const { url } = redis;
  await redis.kill();
  await assertRejects(
    () => IndexServer.start({ redis: { url }, port: 0 }),
    Error,
    `Cannot use Redis at ${url}`,
  );
});

function startIndex(
  { url }: RedisServer,
  fault: (error: unknown) => void = (error) => console.error(error),
): Promise<IndexServer> {
  return IndexServer.start({
    hostname: "127.0.0.1",
    port: 0,
    redis: { url },
    fault,
  });
}

function searchOf(name: string) {
  return (
    pdus: Parameters<typeof encodeSearch>[0],
    head: { transaction: number; token: bigint },
  ) => encodeSearch(pdus, 0, { ...head, name: contentName(name) });
}

function entryOf(name: string) {
  return {
    peer: peerName("bulk"),
    name: contentName(name),
    port: 6_000,
    metadata: {
      size: 1,
      digest: digestOf(1),
      exponent: 18,
      modified: 0,
      partial: false,
    },
  };
}
