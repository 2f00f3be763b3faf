import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { contentName } from "../../protocol/name.ts";
import { permitted } from "../permission.ts";
import { DISK, POSIX, put, reasons, stage } from "./folder_fixture.ts";

/** Nothing is forbidden to root; who cannot tell is taken for root. */
const IS_ROOT = POSIX &&
  (Deno.permissions.querySync({ name: "sys", kind: "uid" }).state !==
      "granted" || Deno.uid() === 0);

permitted(
  DISK,
  "SharedFolder.list() finds files at every depth, in order",
  async () => {
    const names = ["b.txt", "a.txt", "sub/c", "sub/deeper/d", ".hidden", "Z"];
    const at = await stage(names);
    await using _ = at.dir;
    const { files, skipped } = await at.folder.list();
    assertEquals(files.map(({ name }) => String(name)), [
      ".hidden",
      "Z",
      "a.txt",
      "b.txt",
      "sub/c",
      "sub/deeper/d",
    ]);
    assertEquals(skipped, []);
    const a = files[2]!;
    assertEquals([a.path, a.size], [join(at.path, "a.txt"), 5]);
    assert(Math.abs(a.modified - Date.now()) < 60_000);
  },
);

permitted(
  DISK,
  "SharedFolder.list() never shows Peerdex's own files",
  async () => {
    const at = await stage([
      "a",
      ".peerdex/key",
      ".PeerDex2/x",
      "sub/.peerdex/part",
      "sub/.peerdex-part",
    ]);
    await using _ = at.dir;
    const { files } = await at.folder.list();
    const names = files.map(({ name }) => String(name));
    assertEquals(names, ["a", "sub/"], "a folder without anything to share");
  },
);

permitted(
  DISK,
  "SharedFolder gives names in composed form and finds the file",
  async () => {
    if (Deno.build.os === "darwin") return; // Names there are one and the same.
    const at = await stage(["cafe\u0301/re\u0301sume\u0301.txt", "plain"]);
    await using _ = at.dir;
    const { files } = await at.folder.list();
    const name = contentName("caf\u00e9/r\u00e9sum\u00e9.txt");
    assertEquals(files[0]!.name, name);
    const onDisk = join(at.path, "cafe\u0301/re\u0301sume\u0301.txt");
    assertEquals(files[0]!.path, onDisk);
    assertEquals((await at.folder.file(name))!.path, onDisk);
    assertEquals(await at.folder.pathFor(name), onDisk);
    assertEquals(at.folder.nameOf(onDisk), name);
    // A new file goes into the folder that is there, not beside it.
    assertEquals(
      await at.folder.pathFor(contentName("caf\u00e9/new\u00e9")),
      join(at.path, "cafe\u0301/new\u00e9"),
    );
  },
);

permitted(
  DISK,
  "SharedFolder.list() takes one of two names that are the same",
  async () => {
    if (Deno.build.os === "darwin") return;
    const at = await stage(["e\u0301", "\u00e9"]);
    await using _ = at.dir;
    const { files, skipped } = await at.folder.list();
    assertEquals(files.length, 1);
    assertMatch(skipped[0]!.reason, /has the same name/);
  },
);

permitted(
  DISK,
  "SharedFolder.list() reports names that cannot be shared",
  async () => {
    if (!POSIX) return;
    const at = await stage([
      "good",
      "back\\slash",
      "con.txt",
      "nul/below",
      "new\nline",
      "right\u202eto left",
      "C:",
      "...",
    ]);
    await using _ = at.dir;
    const { files, skipped } = await at.folder.list();
    assertEquals(files.map(({ name }) => String(name)), ["good"]);
    assertEquals(skipped.length, 7);
    const text = reasons(skipped).join("; ");
    assertMatch(text, /backslash/);
    assertMatch(text, /device/);
    assertMatch(text, /control character/);
  },
);

permitted(
  DISK,
  "SharedFolder.list() reports names that are too long",
  async () => {
    const part = "0123456789".repeat(20);
    const at = await stage([
      `${part}/${part}/${part}/${part}/1`,
      `${part}/${part}/${part}/${part}/${part}`,
    ]);
    await using _ = at.dir;
    const { files, skipped } = await at.folder.list();
    assertEquals(files.length, 1);
    assertMatch(skipped[0]!.reason, /longer than 822 bytes/);
  },
);

permitted(
  DISK,
  "SharedFolder.list() follows links to files inside only",
  async () => {
    if (!POSIX) return;
    const at = await stage(["a", "sub/b", ".peerdex/key"]);
    await using _ = at.dir;
    await put(join(at.dir.path, "secret"), "secret");
    const link = (to: string, from: string) =>
      Deno.symlink(to, join(at.path, from));
    await link("a", "good");
    await link("../secret", "outside");
    await link("/etc/passwd", "absolute");
    await link(".peerdex/key", "key");
    await link("nowhere", "dead");
    await link("loop", "loop");
    await link("..", "sub/up");
    await link(".", "self");
    await link("/", "root");
    const { files, skipped } = await at.folder.list();
    assertEquals(files.map(({ name, path }) => [String(name), path]), [
      ["a", join(at.path, "a")],
      ["good", join(at.path, "a")],
      ["sub/b", join(at.path, "sub/b")],
    ]);
    assertEquals(skipped.length, 8);
  },
);

permitted(
  DISK,
  "SharedFolder.list() reports a folder that it may not read",
  async () => {
    if (!POSIX || IS_ROOT) return;
    const at = await stage(["a", "closed/b"]);
    await using _ = at.dir;
    await Deno.chmod(join(at.path, "closed"), 0);
    const { files, skipped } = await at.folder.list();
    await Deno.chmod(join(at.path, "closed"), 0o700);
    const names = files.map(({ name }) => String(name));
    assertEquals(names, ["a", "sub/"], "a folder without anything to share");
    assertEquals(reasons(skipped), ["permission denied"]);
  },
);

permitted(
  { ...DISK, run: true },
  "SharedFolder.list() does not open what is no file",
  async () => {
    if (!POSIX) return;
    const at = await stage(["a"]);
    await using _ = at.dir;
    const made = await new Deno.Command("mkfifo", {
      args: [join(at.path, "pipe")],
    }).output();
    assert(made.success);
    const { files, skipped } = await at.folder.list();
    assertEquals(files.length, 1);
    assertEquals(reasons(skipped), ["it is no regular file"]);
  },
);

permitted(DISK, "SharedFolder.list() ends with its signal", async () => {
  const at = await stage(["a"]);
  await using _ = at.dir;
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => at.folder.list({ signal }), Error, "enough");
});

permitted(
  DISK,
  "SharedFolder.list() is quick with thousands of files",
  async () => {
    const at = await stage([]);
    await using _ = at.dir;
    for (let i = 0; i < 2_000; i++) {
      Deno.writeTextFileSync(join(at.path, `${i}`), "");
    }
    assertEquals((await at.folder.list()).files.length, 2_000);
  },
);
