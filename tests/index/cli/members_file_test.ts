import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MembersFile, parseMembers } from "../../../index/cli/members_file.ts";
import { Members } from "../../../index/members.ts";
import { Child } from "../../child.ts";
import { isPermitted, permitted, tempDir } from "../../permission.ts";
import { signerOf } from "../test_peer.ts";

const NEEDS = { read: true, write: true } as const;
const [ONE, TWO] = [signerOf(1).key, signerOf(2).key];

Deno.test("parseMembers() reads keys with names, comments and empty lines", () => {
  const text = `# the lab

${ONE.toHex()} alice
  ${TWO.toHex().toUpperCase()}\tbob the builder # since May
`;
  assertEquals(parseMembers(text), [ONE, TWO]);
  assertEquals(parseMembers(text.replaceAll("\n", "\r\n")), [ONE, TWO]);
  assertEquals(parseMembers(""), []);
});

Deno.test("parseMembers() says which line is none", () => {
  const key = ONE.toHex();
  for (const wrong of [key.slice(1), `${key}0`, `x${key.slice(1)}`, "alice"]) {
    assertThrows(() => parseMembers(`${key}\n\n${wrong}`), Error, "line 3");
  }
});

permitted(
  NEEDS,
  "MembersFile counts what the file says, as soon as it rests",
  async () => {
    await using dir = await tempDir();
    const path = `${dir.path}/members`;
    await Deno.writeTextFile(path, ONE.toHex());
    // All at once: a file that is half written rests as well, now and then.
    const write = async (text: string) => {
      await Deno.writeTextFile(`${path}.new`, text);
      await Deno.rename(`${path}.new`, path);
    };
    const members = new Members();
    let changed = Promise.withResolvers<void>();
    let failed = Promise.withResolvers<string>();
    using _file = await MembersFile.open(path, members, {
      onChange: () => changed.resolve(),
      onFault: ({ message }) => failed.resolve(message),
      lookMs: 20,
    });
    assertEquals([members.has(ONE), members.has(TWO)], [true, false]);
    await write(`${TWO.toHex()} bob\n`);
    await changed.promise;
    assertEquals([members.has(ONE), members.has(TWO)], [false, true]);
    await write("nonsense");
    const why = await failed.promise;
    assertEquals(why.includes("line 1 starts with"), true);
    assertEquals(members.has(TWO), true, "the list before goes on counting");
    failed = Promise.withResolvers();
    await Deno.remove(path);
    await failed.promise;
    assertEquals(members.size, 1);
    changed = Promise.withResolvers();
    await write(`${ONE.toHex()}\n${TWO.toHex()}\n`);
    await changed.promise;
    assertEquals(members.size, 2);
  },
);

permitted(
  NEEDS,
  "MembersFile refuses a file that is none, or not there, or too long",
  async () => {
    await using dir = await tempDir();
    const path = `${dir.path}/members`;
    const open = () =>
      MembersFile.open(path, new Members(), {
        onChange: () => {},
        onFault: () => {},
      });
    await assertRejects(open, Error, "Cannot use the members file");
    await Deno.writeTextFile(path, "alice");
    await assertRejects(open, Error, "line 1");
    await Deno.writeFile(path, new Uint8Array(8 * 1024 * 1024 + 1).fill(10));
    await assertRejects(open, Error, "longer than");
  },
);

const CHILD_NEEDS = { ...NEEDS, run: true, env: true, net: true } as const;

Deno.test({
  name: "on SIGHUP an index reads its members again, whatever changed",
  ignore: Deno.build.os === "windows" || !isPermitted(CHILD_NEEDS),
  fn: async () => {
    await using dir = await tempDir();
    const path = `${dir.path}/members`;
    const time = new Date(2026, 0);
    // As long and as old as before: to look at the file shows no change.
    const write = async (text: string) => {
      await Deno.writeTextFile(path, text);
      await Deno.utime(path, time, time);
    };
    await write(`${ONE.toHex()}\n#${TWO.toHex()}\n`);
    await using index = Child.start("index_server.ts", [
      ...["--host", "127.0.0.1", "--port", "0", "--no-announce", "--json"],
      ...["--members", path],
    ], { allow: ["--allow-net", `--allow-read=${path}`] });
    await index.event("members", { count: 1 });
    await index.event("listening");
    await write(`${ONE.toHex()}\n ${TWO.toHex()}\n`);
    index.kill("SIGHUP");
    await index.event("members", { count: 2 });
    // It counts on with what it has where there is nothing to read.
    await Deno.remove(path);
    index.kill("SIGHUP");
    await index.event("problem");
    index.kill("SIGTERM");
    const { code, stderr } = await index.end();
    assertEquals([code, stderr], [0, ""]);
  },
});
