import { assertEquals } from "@std/assert";
import { announce } from "../../../index/cli/announce.ts";
import { parseCommandLine } from "../../../index/cli/command_line.ts";
import { Log } from "../../../index/cli/log.ts";
import { Child } from "../../child.ts";
import { permitted } from "../../permission.ts";

Deno.test("announce() leaves an index on loopback alone", async () => {
  const said: string[] = [];
  const sink = {
    writeSync: (bytes: Uint8Array) => said.push(`${bytes}`) && bytes.length,
  };
  const log = new Log({ out: sink, err: sink });
  for (const hostname of ["127.0.0.1", "::1", "127.9.9.9"]) {
    assertEquals(await announce({ hostname, port: 60_000 }, log), undefined);
  }
  assertEquals(said, []);
});

Deno.test("parseCommandLine() announces unless told otherwise", async () => {
  assertEquals((await parseCommandLine([]))?.announce, true);
  assertEquals((await parseCommandLine(["--no-announce"]))?.announce, false);
});

permitted(
  { run: true, read: true, env: true },
  "index_server.ts announces itself with the network permission alone",
  async () => {
    for (const quiet of [true, false]) {
      await using index = Child.start("index_server.ts", [
        ...["--port", "0", "--json"],
        ...(quiet ? ["--no-announce"] : []),
      ], { allow: ["--allow-net"] });
      await index.event("listening");
      // Where there is no network, that is a problem to tell, and no end.
      if (!quiet) await index.until(/"event":"(announced|problem)"/);
      index.kill("SIGTERM");
      const { code, stdout } = await index.end();
      assertEquals(code, 0);
      assertEquals(/"event":"(announced|problem)"/.test(stdout), !quiet);
    }
  },
);
