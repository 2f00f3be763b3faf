import { assert, assertEquals } from "@std/assert";
import { Log } from "../../../index/cli/log.ts";
import { Child } from "../../child.ts";
import { isPermitted, permitted } from "../../permission.ts";

const NEEDS = { run: true, read: true, env: true, net: true };
const HERE = ["--port", "0", "--host", "127.0.0.1", "--no-announce"];

function run(...args: string[]): Child {
  return Child.start("index_server.ts", [...HERE, ...args], {
    allow: ["--allow-net"],
  });
}

permitted(NEEDS, "--stats writes what it did every so often", async () => {
  await using child = run("--json", "--stats", "1");
  await child.event("listening");
  for (let n = 0; n < 2; n++) {
    const stats = await child.event("stats");
    assertEquals(stats.registrations, 0);
    assert(Number(stats.windowMs) > 0 && Number(stats.residentBytes) > 0);
    assertEquals(Object.keys(stats.rates as object).join(""), "HRTSO");
  }
});

// On SIGUSR1 the runtime opens its debugger besides, which nobody can forbid.
Deno.test({
  name: "SIGUSR1 and SIGUSR2 write what it did, at any time",
  ignore: Deno.build.os === "windows" || !isPermitted(NEEDS),
  fn: async () => {
    await using child = run("--json");
    await child.event("listening");
    for (const signal of ["SIGUSR1", "SIGUSR2", "SIGUSR1"] as const) {
      child.kill(signal);
      const { datagrams, uptimeMs } = await child.event("stats");
      assertEquals(datagrams, 0);
      assert(Number(uptimeMs) >= 0);
    }
    child.kill("SIGTERM");
    assertEquals((await child.end()).code, 0);
  },
});

Deno.test("a record is JSON: among the output with --json, else beside it", () => {
  for (const json of [true, false]) {
    const written = { out: "", err: "" };
    const sink = (name: "out" | "err") => ({
      writeSync(bytes: Uint8Array) {
        written[name] += new TextDecoder().decode(bytes);
        return bytes.length;
      },
    });
    new Log({ json, out: sink("out"), err: sink("err") }).record({ a: 1 });
    const line = '{"a":1}\n';
    assertEquals(
      written,
      json ? { out: line, err: "" } : { out: "", err: line },
    );
  }
});

permitted(NEEDS, "--http serves a page with no permission more", async () => {
  await using child = run("--json", "--http", "0");
  const { url } = await child.event<{ url: string }>("page");
  const reply = await fetch(url);
  assert((await reply.text()).startsWith("<!DOCTYPE html>"));
  child.kill("SIGTERM");
  assertEquals((await child.end()).code, 0);
});

permitted(NEEDS, "wrong --http and --stats are wrong usage", async () => {
  for (const args of [["--http", "x"], ["--stats", "0"], ["--stats", "1e9"]]) {
    await using child = run(...args);
    const { code, stderr } = await child.end();
    assertEquals([code, stderr.includes(args[0]!)], [2, true], `${args}`);
  }
});
