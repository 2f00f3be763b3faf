import { assertEquals, assertRejects } from "@std/assert";
import { exitCodeOf } from "../../../peer/cli/describe_error.ts";
import { EXIT_CODE } from "../../../peer/cli/exit_code.ts";
import { IndexClient } from "../../../peer/index_client.ts";
import { peerName } from "../../../protocol/name.ts";
import { permitted } from "../../permission.ts";

const PEER = peerName("observer");

Deno.test("exitCodeOf() counts an index host that has no address as unreachable", async () => {
  const error = await assertRejects(() =>
    IndexClient.open({
      index: { hostname: "index.invalid", port: 60_000 },
      peer: PEER,
      resolve: () => Promise.reject(new Error("no such host")),
    })
  );
  assertEquals(exitCodeOf(error), EXIT_CODE.INDEX_UNREACHABLE);
});

permitted(
  { net: true },
  "exitCodeOf() counts a filter that cannot be asked for as wrong usage",
  async () => {
    await using client = await IndexClient.open({
      index: { hostname: "127.0.0.1", port: 9 },
      peer: PEER,
    });
    for (const filter of ["\x1b[2J", "é".repeat(412)]) {
      const error = await assertRejects(() => client.list(filter));
      assertEquals(exitCodeOf(error), EXIT_CODE.USAGE);
    }
  },
);
