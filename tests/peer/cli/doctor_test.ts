import { assert, assertEquals, assertMatch } from "@std/assert";
import { checkFolder } from "../../../peer/cli/doctor/check_folder.ts";
import {
  checkClock,
  checkNetwork,
} from "../../../peer/cli/doctor/check_host.ts";
import { checkIndex } from "../../../peer/cli/doctor/check_index.ts";
import { checkUnfinished } from "../../../peer/cli/doctor/check_unfinished.ts";
import type { Finding } from "../../../peer/cli/doctor/finding.ts";
import type { HelloOptions, HelloReply } from "../../../peer/index_client.ts";
import type { ProbeResult } from "../../../protocol/probe.ts";
import { permitted, tempDir } from "../../permission.ts";
import { PROCESSES, Site } from "../../integration/site.ts";

const FILES = { read: true, write: true } as const;
const OWN = [{ name: "eth0", address: "192.0.2.7" }];

/** Asks an index that sees a peer here, and finds this of its port. */
async function ask(
  {
    seen = "192.0.2.7",
    results = ["open"],
    interfaces = OWN,
    port = 6_000,
  }: {
    seen?: string;
    results?: ProbeResult[];
    interfaces?: typeof OWN | undefined;
    port?: number;
  },
): Promise<{ found: Map<string, Finding>; hellos: HelloOptions[] }> {
  const hellos: HelloOptions[] = [];
  let now = 0;
  const reply = (probe: ProbeResult): HelloReply => ({
    ...{ lease: 60, count: 0, hostname: seen, port: 1, probe },
    text: "an index",
  });
  const found = await checkIndex({
    hello: (options) => {
      hellos.push(options);
      now += 2;
      const probe = results.length > 1 ? results.shift()! : results[0]!;
      return Promise.resolve(reply(options.probe ? probe : "none"));
    },
  }, {
    ...{ index: "192.0.2.1:60000", port, interfaces },
    signal: new AbortController().signal,
    now: () => now,
    pause: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  });
  return { found: new Map(found.map((each) => [each.check, each])), hellos };
}

Deno.test("checkIndex() tells the round trip, what it is, and opens no session", async () => {
  const { found, hellos } = await ask({});
  assertEquals(
    found.get("index")?.text,
    "192.0.2.1:60000 answers in 2.0 ms; it is an index, protocol 1",
  );
  assertEquals(found.get("address")?.health, "ok");
  assertEquals(hellos.every(({ visit }) => visit), true);
});

Deno.test("checkIndex() tells what becomes of the port, and what to do", async () => {
  for (
    const [result, health, text, advice] of [
      ["open", "ok", /can connect to 192\.0\.2\.7 port 6000/, /^$/],
      ["refused", "wrong", /cannot connect .* refused/, /firewall/],
      ["silent", "wrong", /cannot connect .* nobody answers/, /firewall/],
      ["unreachable", "wrong", /cannot connect .* no way/, /firewall/],
      ["none", "note", /does not try ports/, /get a file from you/],
      ["later", "note", /no time/, /again in a minute/],
    ] as const
  ) {
    const results: ProbeResult[] = ["pending", "later", result];
    const finding = (await ask({ results })).found.get("port")!;
    assertEquals(finding.health, health, result);
    assertMatch(finding.text, text);
    assertMatch(finding.advice ?? "", advice);
  }
  assertEquals((await ask({ port: 0 })).found.has("port"), false);
});

Deno.test("checkIndex() sees that a router changes the address", async () => {
  const translated = await ask({ seen: "203.0.113.9" });
  assertEquals(translated.found.get("address")?.health, "note");
  assertMatch(translated.found.get("address")!.advice!, /forwards your port/);
  const unknown = await ask({ seen: "203.0.113.9", interfaces: undefined! });
  assertEquals(unknown.found.get("address")?.health, "note");
  const local = await ask({ seen: "127.0.0.1" });
  assertMatch(local.found.get("address")!.text, /on this host/);
});

Deno.test("checkClock() knows a clock that cannot be right", () => {
  assertEquals(checkClock(Date.UTC(2026, 6, 1)).health, "ok");
  assertEquals(checkClock(0).health, "wrong");
  assertEquals(checkClock(Date.UTC(2099, 0, 1)).health, "wrong");
});

Deno.test("checkNetwork() tells interfaces with their addresses", () => {
  assertEquals(checkNetwork(undefined).health, "note");
  const loopback = { name: "lo", address: "127.0.0.1" };
  assertEquals(checkNetwork([loopback]).health, "wrong");
  const listed = [loopback, ...OWN, { name: "eth0", address: "fe80::1" }];
  const { health, text } = checkNetwork(listed);
  assertEquals([health, text], ["ok", "eth0 192.0.2.7, fe80::1"]);
});

permitted(FILES, "checkFolder() leaves nothing behind", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/a.txt`, "a");
  const found = await checkFolder(dir.path);
  assertEquals(found.map(({ check }) => check), ["folder", "writing", "disk"]);
  assert(found.every(({ health }) => health !== "wrong"));
  const left = await Array.fromAsync(Deno.readDir(dir.path));
  assertEquals(left.map(({ name }) => name), ["a.txt"]);
  assertEquals((await checkFolder(`${dir.path}/none`))[0]?.health, "note");
  assertEquals((await checkFolder(`${dir.path}/a.txt`))[0]?.health, "wrong");
});

permitted(FILES, "checkUnfinished() tells what was broken off", async () => {
  await using dir = await tempDir();
  assertEquals(await checkUnfinished(dir.path), []);
  const parts = `${dir.path}/.peerdex/parts`;
  await Deno.mkdir(parts, { recursive: true });
  assertEquals(await checkUnfinished(dir.path), []);
  await Deno.writeFile(`${parts}/a.part`, new Uint8Array(100_000));
  await Deno.writeFile(`${parts}/a.record`, new Uint8Array(100));
  const [found] = await checkUnfinished(dir.path);
  assertEquals(found?.health, "note");
  assertEquals(found?.facts?.unfinished, 1);
  assertMatch(found?.text ?? "", /^1 download not finished, .* so far$/);
  assert(found?.advice?.includes(parts));
});

permitted(PROCESSES, "peer doctor finds all well beside an index", async () => {
  await using site = await Site.start();
  await using child = await site.peer("alice", "doctor", "--json");
  const { code, stdout, stderr } = await child.end();
  assertEquals(code, 0, stderr);
  const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const port = events.find(({ check }) => check === "port");
  assertEquals([port.health, port.result], ["ok", "open"]);
  assertEquals(await site.online(), []);
});
