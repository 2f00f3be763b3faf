import { assert, assertEquals, assertRejects } from "@std/assert";
import { IndexServer } from "../../../index/server.ts";
import { Child } from "../../child.ts";
import { permitted, tempDir } from "../../permission.ts";
import { BulkClient } from "../bulk_client.ts";
import { registerOf } from "../test_peer.ts";
import { startIndex } from "./kill_rounds.ts";

const needs = { net: true, read: true, write: true, run: true, env: true };
const ARGS = ["--no-announce", "--host=127.0.0.1", "--port=0", "--json"];

permitted(
  { net: true, read: true, write: true },
  "IndexServer with a database knows what it knew",
  async () => {
    await using dir = await tempDir();
    const database = `${dir.path}/index.db`;
    const options = { hostname: "127.0.0.1", port: 0, database };
    using client = new BulkClient();
    {
      await using index = await IndexServer.start(options);
      client.connect(index.addr.port);
      await client.ask(["a", "b", "c"].map((name) => ({
        pdus: 2,
        encode: registerOf(name),
        answered: (reply) => assertEquals(reply.type, "A"),
      })));
      await assertRejects(
        () => IndexServer.start(options),
        Error,
        "another index, or another program, has it open",
      );
    }
    await using index = await IndexServer.start(options);
    assertEquals(index.stats().registrations, 3);
    client.connect(index.addr.port);
    assertEquals(await client.hello(60), 3);
  },
);

permitted(needs, "a second index on a file ends with a reason", async () => {
  await using dir = await tempDir();
  const file = `${dir.path}/index.db`;
  await using first = startIndex(file);
  await first.event("listening");
  await using second = startIndex(file);
  const { message, code } = await second.event<
    { message: string; code: number }
  >("problem");
  assert(message.includes(file), message);
  assert(message.includes("has it open"), message);
  assertEquals(code, 1);
  assertEquals((await second.end()).code, 1);
});

permitted(
  needs,
  "--database asks for its file, and without it for nothing",
  async () => {
    await using dir = await tempDir();
    const file = `${dir.path}/index.db`;
    const allow = ["--allow-net"];
    {
      await using index = Child.start("index_server.ts", ARGS, { allow });
      await index.event("listening");
    }
    const args = [...ARGS, `--database=${file}`];
    await using index = Child.start("index_server.ts", args, { allow });
    const { message } = await index.event<{ message: string }>("problem");
    assert(message.includes(`--allow-write=${file}`), message);
    assertEquals((await index.end()).code, 1);
  },
);
