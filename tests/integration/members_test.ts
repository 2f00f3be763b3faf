import { assertEquals, assertStringIncludes } from "@std/assert";
import { Child } from "../child.ts";
import { permitted, tempDir } from "../permission.ts";
import { PROCESSES } from "./site.ts";

permitted(
  PROCESSES,
  "a private index serves those on its list, and tells others what to do",
  async () => {
    await using dir = await tempDir();
    const members = `${dir.path}/members`;
    await Deno.writeTextFile(members, "# nobody yet\n");
    await using index = Child.start("index_server.ts", [
      ...["--host", "127.0.0.1", "--port", "0", "--no-announce", "--json"],
      ...["--members", members, "--private"],
    ], { allow: ["--allow-net", `--allow-read=${members}`] });
    const { port } = await index.event<{ port: number }>("listening");
    const peer = (name: string, ...args: string[]) => {
      const folder = `${dir.path}/${name}`;
      const where = ["--dir", folder, "--index", `127.0.0.1:${port}`];
      return Child.start("peer.ts", [...args, "--name", name, ...where], {
        allow: [
          "--allow-net",
          `--allow-read=${dir.path}`,
          `--allow-write=${dir.path}`,
        ],
      });
    };
    const run = async (name: string, ...args: string[]) => {
      await using child = peer(name, ...args);
      return await child.end();
    };
    const refused = await run("alice", "list");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "for its members only");
    assertStringIncludes(refused.stderr, '"peer key" prints');

    const alice = await run("alice", "key");
    const bob = await run("bob", "key");
    assertEquals([alice.code, bob.code], [0, 0]);
    assertEquals((await run("alice", "key")).stdout, alice.stdout);
    assertStringIncludes(alice.stdout, " alice");
    await Deno.writeTextFile(members, `${alice.stdout}\n${bob.stdout}\n`);
    await index.event("members", { count: 2 });

    await Deno.writeTextFile(`${dir.path}/alice/a.txt`, "hello");
    await using sharing = peer(
      ...["alice", "share", `${dir.path}/alice/a.txt`, "--json"] as const,
    );
    await sharing.event("shared");
    // While alice's peer runs, her key serves another command as well.
    for (const name of ["alice", "bob"]) {
      const listed = await run(name, "list");
      assertEquals(listed.code, 0);
      assertStringIncludes(listed.stdout, "a.txt");
    }
    assertEquals((await run("bob", "get", "a.txt")).code, 0);
    assertEquals(await Deno.readTextFile(`${dir.path}/bob/a.txt`), "hello");
    const doctor = await run("bob", "doctor");
    assertStringIncludes(doctor.stdout, bob.stdout.slice(0, 64));
    const eve = await run("eve", "search", "a.txt");
    assertEquals(eve.code, 1);
    assertStringIncludes(eve.stderr, "for its members only");
  },
);
