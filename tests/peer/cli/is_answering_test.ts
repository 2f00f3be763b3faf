import { assertEquals, assertRejects } from "@std/assert";
import { IndexServer } from "../../../index/server.ts";
import { isAnswering } from "../../../peer/cli/is_answering.ts";
import { permitted } from "../../permission.ts";

const NET = { net: true } as const;

permitted(NET, "isAnswering() leaves nothing behind at the index", async () => {
  await using index = await IndexServer.start({
    hostname: "127.0.0.1",
    port: 0,
  });
  const { signal } = new AbortController();
  assertEquals(
    await isAnswering(index.addr, { limitMs: 30_000, signal }),
    true,
  );
  assertEquals(index.stats().owners, 0);
});

permitted(NET, "isAnswering() is told no by silence", async () => {
  const silent = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  using _ = { [Symbol.dispose]: () => silent.close() };
  const { hostname, port } = silent.addr as Deno.NetAddr;
  const { signal } = new AbortController();
  const index = { hostname, port };
  assertEquals(await isAnswering(index, { limitMs: 50, signal }), false);
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assertRejects(
    () => isAnswering(index, { limitMs: 50, signal: stopped }),
    Error,
    "stopped",
  );
});
