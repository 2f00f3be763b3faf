import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { dirname, join } from "@std/path";
import { UnsafePathError } from "../../peer/errors.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import { contentName, NameError } from "../../protocol/name.ts";
import { permitted, type TempDir, tempDir } from "../permission.ts";

const DISK = { read: true, write: true } as const;
const POSIX = Deno.build.os !== "windows";
const IS_ROOT = POSIX && isPermittedRoot();

function isPermittedRoot(): boolean {
  return Deno.permissions.querySync({ name: "sys", kind: "uid" }).state ===
      "granted" && Deno.uid() === 0;
}

/** A folder beside others, with files in it. */
async function stage(files: readonly string[]): Promise<
  { dir: TempDir; path: string; folder: SharedFolder }
> {
  const dir = await tempDir();
  const path = join(dir.path, "shared");
  const folder = await SharedFolder.open(path);
  for (const file of files) await put(join(path, file), file);
  return { dir, path, folder };
}

async function put(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

function reasons(skipped: readonly { path: string; reason: string }[]) {
  return skipped.map(({ reason }) => reason);
}

permitted(DISK, "SharedFolder.open() makes the folder, once", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "deep", "Peer_Files");
  const folder = await SharedFolder.open(path);
  assertEquals(folder.path, path);
  await SharedFolder.open(path);
});

permitted(DISK, "SharedFolder.open() says why a folder is none", async () => {
  await using dir = await tempDir();
  await put(join(dir.path, "file"), "");
  for (const path of ["file", "file/below"]) {
    await assertRejects(
      () => SharedFolder.open(join(dir.path, path)),
      Error,
      "Cannot use the folder",
    );
  }
});

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
    assertEquals(files.map(({ name }) => String(name)), ["a"]);
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
    if (!POSIX || IS_ROOT) return; // Nothing is forbidden to root.
    const at = await stage(["a", "closed/b"]);
    await using _ = at.dir;
    await Deno.chmod(join(at.path, "closed"), 0);
    const { files, skipped } = await at.folder.list();
    await Deno.chmod(join(at.path, "closed"), 0o700);
    assertEquals(files.map(({ name }) => String(name)), ["a"]);
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
  "SharedFolder.find() takes files and folders from anywhere",
  async () => {
    const at = await stage(["in.txt", "photos/1.jpg"]);
    await using _ = at.dir;
    const elsewhere = join(at.dir.path, "else");
    await put(join(elsewhere, "film.mkv"), "");
    await put(join(elsewhere, "music/one/1.ogg"), "");
    await put(join(elsewhere, "music/2.ogg"), "");
    const { files, skipped } = await at.folder.find([
      join(elsewhere, "film.mkv"),
      join(elsewhere, "music") + "/",
      join(at.path, "photos"),
      join(at.path, "photos/1.jpg"),
      at.path,
    ]);
    assertEquals(files.map(({ name }) => String(name)), [
      "film.mkv",
      "in.txt",
      "music/2.ogg",
      "music/one/1.ogg",
      "photos/1.jpg",
    ]);
    assertEquals(skipped, []);
  },
);

permitted(
  DISK,
  "SharedFolder.find() takes a link that the user named",
  async () => {
    if (!POSIX) return;
    const at = await stage([]);
    await using _ = at.dir;
    await put(join(at.dir.path, "data.v2"), "");
    await Deno.symlink(join(at.dir.path, "data.v2"), join(at.path, "data"));
    const { files } = await at.folder.find([join(at.path, "data")]);
    assertEquals(files.map(({ name, path }) => [String(name), path]), [
      ["data", join(at.dir.path, "data.v2")],
    ]);
  },
);

permitted(
  DISK,
  "SharedFolder.find() says what is wrong with each path",
  async () => {
    const at = await stage([".peerdex/key"]);
    await using _ = at.dir;
    await put(join(at.dir.path, "one/same"), "");
    await put(join(at.dir.path, "two/same"), "");
    const paths = [
      join(at.path, "missing"),
      join(at.path, ".peerdex"),
      join(at.path, ".peerdex/key"),
      join(at.dir.path, "one/same"),
      join(at.dir.path, "two/same"),
      "",
    ];
    const { files, skipped } = await at.folder.find(paths);
    assertEquals(files.length, 1);
    assertEquals(skipped.map(({ path }) => path), [
      paths[0]!,
      paths[1]!,
      paths[2]!,
      paths[4]!,
      paths[5]!,
    ]);
    assertEquals(reasons(skipped).slice(0, 3), [
      "it is not there",
      "it is Peerdex's own",
      "it is Peerdex's own",
    ]);
  },
);

permitted(DISK, "SharedFolder.pathFor() stays in the folder", async () => {
  const at = await stage(["a", "sub/b"]);
  await using _ = at.dir;
  const path = async (name: string) =>
    await at.folder.pathFor(contentName(name));
  assertEquals(await path("a"), join(at.path, "a"));
  assertEquals(await path("new"), join(at.path, "new"));
  assertEquals(await path("sub/x/y/z"), join(at.path, "sub/x/y/z"));
  for (const name of ["sub", "a/below", "a/below/that"]) {
    await assertRejects(() => path(name), UnsafePathError);
  }
  for (
    const name of [".peerdex/key", ".PEERDEX/x", "sub/.peerdex", "PEERDE~1/k"]
  ) {
    await assertRejects(() => path(name), UnsafePathError, "Peerdex's own");
  }
});

permitted(
  DISK,
  "SharedFolder.pathFor() follows no link out of the folder",
  async () => {
    if (!POSIX) return;
    const at = await stage(["sub/a", ".peerdex/key"]);
    await using _ = at.dir;
    await put(join(at.dir.path, "secret"), "secret");
    const link = (to: string, from: string) =>
      Deno.symlink(to, join(at.path, from));
    await link("..", "up");
    await link("sub", "inside");
    await link(".peerdex", "own");
    await link("../secret", "out");
    await link("gone", "dead");
    const path = async (name: string) =>
      await at.folder.pathFor(contentName(name));
    assertEquals(await path("inside/new"), join(at.path, "sub/new"));
    for (
      const name of ["up/x", "up/secret", "out", "own/key", "dead", "dead/x"]
    ) {
      await assertRejects(() => path(name), UnsafePathError);
    }
  },
);

permitted(
  DISK,
  "SharedFolder.pathFor() maps what Windows cannot hold",
  async () => {
    const at = await stage([]);
    await using _ = at.dir;
    const folder = await SharedFolder.open(at.path, { windows: true });
    assertEquals(
      await folder.pathFor(contentName("at 12:30?/end.")),
      join(at.path, "at 12\uff1a30\uff1f", "end\uff0e"),
    );
  },
);

permitted(DISK, "SharedFolder.nameOf() names what is inside only", async () => {
  const at = await stage([]);
  await using _ = at.dir;
  const { folder, path } = at;
  assertEquals(String(folder.nameOf(join(path, "sub", "a"))), "sub/a");
  for (
    const other of [path, join(path, ".."), join(path, "..", "x"), `${path}2/x`]
  ) assertThrows(() => folder.nameOf(other), UnsafePathError, "it is not in");
  assertThrows(
    () => folder.nameOf(join(path, ".peerdex", "x")),
    UnsafePathError,
  );
  assertThrows(() => folder.nameOf(join(path, "con")), NameError);
});

permitted(
  DISK,
  "SharedFolder.file() finds one file, and no folder",
  async () => {
    const at = await stage(["a", "sub/b"]);
    await using _ = at.dir;
    assertEquals((await at.folder.file(contentName("sub/b")))!.size, 5);
    assertEquals(await at.folder.file(contentName("sub")), undefined);
    assertEquals(await at.folder.file(contentName("none")), undefined);
  },
);

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
