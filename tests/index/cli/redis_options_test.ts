import { assert, assertEquals, assertRejects } from "@std/assert";
import { ValidationError } from "@cliffy/command";
import { parseCommandLine } from "../../../index/cli/command_line.ts";

Deno.test("--redis names a Redis, and --registry and --secret what is in it", async () => {
  const url = "redis://user:word@10.0.0.5:6380/2";
  const secret = "00112233445566778899aabbccddeeff";
  const plain = await parseCommandLine(["--redis", url]);
  assertEquals(plain?.server.redis, { url, registry: "peerdex" });
  const all = await parseCommandLine([
    ...["--redis", url, "--registry", "lab", "--secret", secret],
  ]);
  assertEquals(all?.server.redis, {
    url,
    registry: "lab",
    secret: Uint8Array.fromHex(secret),
  });
  assertEquals((await parseCommandLine([]))?.server.redis, undefined);
});

Deno.test("--redis is refused where it is none, without repeating a password", async () => {
  for (
    const args of [
      ["--redis", "http://user:pass-word@host"],
      ["--redis", "pass-word"],
      ["--redis", "redis://h", "--registry", "a b"],
      ["--redis", "redis://h", "--secret", "pass-word"],
      ["--redis", "redis://h", "--database", "x.db"],
    ]
  ) {
    const error = await assertRejects(
      () => parseCommandLine(args),
      ValidationError,
    );
    assert(!error.message.includes("pass-word"));
  }
});
