import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { UnsafePathError } from "../../peer/errors.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import { contentName, NameError } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";
import { DISK, POSIX, put, reasons, stage } from "./folder_fixture.ts";

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
      join(at.path, "no\uFFFDcharacter"),
    ];
    const { files, skipped } = await at.folder.find(paths);
    assertEquals(files.length, 1);
    assertEquals(skipped.map(({ path }) => path), [
      paths[0]!,
      paths[1]!,
      paths[2]!,
      paths[4]!,
      paths[5]!,
      paths[6]!,
    ]);
    assertMatch(skipped.at(-1)!.reason, /its name is not valid Unicode/);
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
