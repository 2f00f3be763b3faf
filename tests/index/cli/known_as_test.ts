import { assertEquals, assertRejects } from "@std/assert";
import { parseCommandLine } from "../../../index/cli/command_line.ts";
import { IndexServer } from "../../../index/server.ts";
import { IndexClient } from "../../../peer/index_client.ts";
import { peerName } from "../../../protocol/name.ts";
import { permitted } from "../../permission.ts";
import { signerOf } from "../test_peer.ts";

Deno.test("--known-as takes addresses with commas, and nothing else", async () => {
  const read = async (text: string) =>
    (await parseCommandLine(["--known-as", text]))?.server.knownAs;
  assertEquals(await read("192.0.2.1, 2001:db8::1"), [
    "192.0.2.1",
    "2001:db8::1",
  ]);
  for (const wrong of ["index.example", "192.0.2.1,", "192.0.2.1:60000"]) {
    await assertRejects(() => read(wrong), Error, "known-as");
  }
});

permitted(
  { net: true },
  "an index that knows its address takes a client's hello",
  async () => {
    await using index = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
      knownAs: ["192.0.2.1"],
    });
    await using client = await IndexClient.open({
      index: index.addr,
      peer: peerName("Alice"),
      signer: signerOf(1),
    });
    assertEquals((await client.hello()).count, 0);
  },
);
