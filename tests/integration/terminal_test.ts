/**
 * What a person sees at a terminal, and a script does not.
 */

import { assert, assertEquals } from "@std/assert";
import { Child, ROOT } from "../child.ts";
import { outputOf } from "../packaging/tool.ts";
import { isPermitted, permitted } from "../permission.ts";
import { PROCESSES, Site } from "./site.ts";

/** Whether a program can be run at a terminal of its own: util-linux's way. */
async function canMakeTerminal(): Promise<boolean> {
  if (!isPermitted(PROCESSES)) return false;
  const made = await outputOf("script", ["-qec", "true", "/dev/null"]);
  return made?.code === 0;
}

async function siteWithConflict(): Promise<Site> {
  const site = await Site.start();
  await site.put("alice", "a.txt", "from alice\n");
  await site.put("alice", "b.txt", "from alice too\n");
  await site.put("bob", "a.txt", "bob's own\n");
  const alice = await site.peer(
    "alice",
    ...["share", await site.dir("alice"), "--json"],
  );
  await alice.event("serving");
  return site;
}

/** `peer.ts` at a terminal, with the colours that it would have there. */
async function atTerminal(
  site: Site,
  { args, colour = false }: { args: readonly string[]; colour?: boolean },
): Promise<Child> {
  const dir = await site.dir("bob");
  const words = [
    ...(colour ? ["env", "-u", "NO_COLOR"] : []),
    ...[Deno.execPath(), "run", "--no-prompt", "--allow-net"],
    ...[`--allow-read=${dir}`, `--allow-write=${dir}`, `${ROOT}peer.ts`],
    ...[...args, "--dir", dir, "--index", `127.0.0.1:${site.port}`],
  ];
  const line = words.map((word) => `'${word}'`).join(" ");
  return Child.spawn("script", ["-qefc", line, "/dev/null"], {
    env: { SHELL: "/bin/sh", TERM: "xterm" },
  });
}

const ignore = !await canMakeTerminal();

Deno.test({
  name: "peer get asks at a terminal before it overwrites",
  ignore,
  async fn() {
    await using site = await siteWithConflict();
    const read = async (name: string) =>
      await Deno.readTextFile(`${await site.dir("bob")}/${name}`);
    {
      const args = ["get", "a.txt", "b.txt"];
      await using child = await atTerminal(site, { args });
      await child.until('a.txt" is there already, with other content');
      await child.until("[O] Overwrite, [K] Keep both, [S] Skip");
      await child.type("k");
      const { code, stdout } = await child.end();
      assertEquals(code, 0, stdout);
      assert(stdout.includes("2 files, "), stdout);
      assert(!stdout.includes("\x1b["), stdout);
    }
    assertEquals(await read("a.txt"), "bob's own\n");
    assertEquals(await read("a (1).txt"), "from alice\n");
    {
      await using child = await atTerminal(site, { args: ["get", "a.txt"] });
      await child.until("for all): ");
      await child.type("o");
      assertEquals((await child.end()).code, 0);
    }
    assertEquals(await read("a.txt"), "from alice\n");
  },
});

Deno.test({
  name: "colour is for terminals without NO_COLOR",
  ignore,
  async fn() {
    await using site = await siteWithConflict();
    const args = ["list"];
    await using plain = await atTerminal(site, { args });
    assert(!(await plain.end()).stdout.includes("\x1b["));
    await using coloured = await atTerminal(site, { args, colour: true });
    assert((await coloured.end()).stdout.includes("\x1b[1mUSER"));
  },
});

permitted(PROCESSES, "peer get fails where nobody can be asked", async () => {
  await using site = await siteWithConflict();
  await using child = await site.peer("bob", "get", "a.txt");
  const { code, stdout, stderr } = await child.end();
  assertEquals([code, stdout], [1, ""]);
  assert(stderr.includes("there is a file of that name already"), stderr);
});

permitted(PROCESSES, "an error is one paragraph with a next step", async () => {
  await using site = await Site.start();
  for (
    const [args, code, text] of [
      [["get", "none.txt"], 3, "peer list shows what is on line"],
      [["get", "no*ne"], 3, "peer list shows what is on line"],
      [["get"], 2, "See peer get --help for what may be typed"],
      [["get", "a", "--sources", "0"], 2, "expected 1 to 64"],
      [["share", "/etc"], 1, "--allow-read"],
    ] as const
  ) {
    await using child = await site.peer("alice", ...args);
    const end = await child.end();
    assertEquals(end.code, code, end.stderr);
    assert(end.stderr.startsWith("error: "), end.stderr);
    assert(end.stderr.includes(text), end.stderr);
    assert(!end.stderr.includes("    at "), end.stderr);
  }
});
