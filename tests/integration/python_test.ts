/**
 * The client in `examples/python`, which knows of the protocol what
 * `docs/protocol.md` says, against the real index and real peers.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { Child, type ChildEnd, ROOT } from "../child.ts";
import { isPermitted } from "../permission.ts";
import { PROCESSES, Site } from "./site.ts";

/** More than one piece, and no whole number of anything. */
const BIG = Uint8Array.from({ length: 700_001 }, (_, i) => i * i % 251);

withPython("Python: agrees with every vector", async () => {
  const { code, stdout, stderr } = await python("check_vectors.py");
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "0 faults\n",
    stderr: "",
  });
});

withPython("Python: lists, searches and fetches from a real peer", async () => {
  await using site = await Site.start();
  const files = [
    await site.put("alice", "big.bin", BIG),
    await site.put("alice", "Übung.txt", "äöü\n"),
    await site.put("alice", "empty", ""),
  ];
  const alice = await site.peer("alice", "share", ...files, "--json");
  await alice.event("serving");
  const list = await client(site, "list");
  assertMatch(list.stdout, /^User: alice file: big\.bin \(700001 bytes\)$/m);
  const found = await client(site, "search", "Übung.txt");
  assertMatch(found.stdout, /^User: alice at 127\.0\.0\.1 port \d+$/m);
  const dir = await site.dir("python");
  for (const name of ["big.bin", "Übung.txt", "empty"]) {
    const { code, stderr } = await client(site, "fetch", name, "--dir", dir);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(
      await Deno.readFile(join(dir, name)),
      await Deno.readFile(join(await site.dir("alice"), name)),
    );
  }
});

withPython("Python: says what nobody shares", async () => {
  await using site = await Site.start();
  const { code, stderr } = await client(site, "search", "nothing.txt");
  assertEquals(code, 1);
  assertMatch(stderr, /File Request does not exist/);
  assertEquals((await client(site, "list")).stdout, "List Empty\n");
});

withPython("Python: registers and serves what a real peer gets", async () => {
  await using site = await Site.start();
  const names = ["big.bin", "empty", "note.txt"];
  const files = [
    await site.put("python", "big.bin", BIG),
    await site.put("python", "empty", ""),
    await site.put("python", "note.txt", "from Python\n"),
  ];
  await using sharing = share(site, files);
  await sharing.until("Serving on port");
  assertEquals(await site.online(), names.map((name) => `python/${name}`));
  const bob = await site.peer("bob", "get", ...names);
  const { code, stderr } = await bob.end();
  assertEquals(code, 0, stderr);
  for (const name of names) {
    assertEquals(
      await Deno.readFile(join(await site.dir("bob"), name)),
      await Deno.readFile(join(await site.dir("python"), name)),
    );
  }
  sharing.kill("SIGINT");
  assertEquals((await sharing.end()).code, 0);
  assertEquals(await site.online(), []);
});

withPython("Python: makes an empty folder", async () => {
  await using site = await Site.start();
  await Deno.mkdir(`${await site.dir("alice")}/photos/empty`, {
    recursive: true,
  });
  await using _alice = await site.sharer("alice");
  const dir = await site.dir("receiver");
  const name = "photos/empty/";
  const { code, stderr } = await client(site, "fetch", name, "--dir", dir);
  assertEquals(code, 0, stderr);
  assert((await Deno.stat(join(dir, name))).isDirectory);
});

withPython(
  "Python: keeps nothing that is not what was registered",
  async () => {
    await using site = await Site.start();
    const file = await site.put("python", "note.txt", "what was registered\n");
    await Deno.utime(file, 1_700_000_000, 1_700_000_000);
    await using sharing = share(site, [file]);
    await sharing.until("Serving on port");
    // Nothing but the bytes tells that the file is another one.
    await Deno.writeTextFile(file, "something different\n");
    await Deno.utime(file, 1_700_000_000, 1_700_000_000);
    const dir = await site.dir("receiver");
    const { code, stderr } = await client(
      site,
      "fetch",
      "note.txt",
      "--dir",
      dir,
    );
    assertEquals(code, 1);
    assertMatch(stderr, /not what was registered/);
    assertEquals(await Array.fromAsync(Deno.readDir(dir)), []);
  },
);

/** Registers a test that is ignored, and says so, where Python is missing. */
function withPython(name: string, fn: () => Promise<void>): void {
  const reason = whyNot();
  Deno.test({
    name: reason ? `${name} (ignored: ${reason})` : name,
    ignore: reason !== undefined,
    fn,
  });
}

function whyNot(): string | undefined {
  if (!isPermitted(PROCESSES)) return "no permission to run programs";
  try {
    new Deno.Command("python3", { args: ["--version"] }).outputSync();
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return "python3 is not installed";
    }
    throw error;
  }
}

/** Runs a command of the client to its end. */
async function client(site: Site, ...args: string[]): Promise<ChildEnd> {
  return await python("peerdex.py", ...options(site), ...args);
}

function share(site: Site, files: readonly string[]): Child {
  return start("peerdex.py", ...options(site), "share", ...files);
}

function options(site: Site): string[] {
  return ["--index", `127.0.0.1:${site.port}`, "--name", "python"];
}

async function python(script: string, ...args: string[]): Promise<ChildEnd> {
  await using child = start(script, ...args);
  return await child.end();
}

function start(script: string, ...args: string[]): Child {
  const path = join(ROOT, "examples/python", script);
  return Child.spawn("python3", [path, ...args], {
    env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONUTF8: "1" },
  });
}
