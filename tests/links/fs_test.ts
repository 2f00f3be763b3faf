import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { emptyDir, ensureDir, exists, move, walk } from "@std/fs";
import { join, toFileUrl } from "@std/path";
import { permitted, tempDir } from "../permission.ts";

const NEEDS = { read: true, write: true };

permitted(
  NEEDS,
  "ensureDir() makes a folder, or leaves it as it is",
  async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "a", "b");
    await ensureDir(path);
    await Deno.writeTextFile(join(path, "c"), "c");
    await ensureDir(toFileUrl(path));
    assert(await exists(join(path, "c")));
    await assertRejects(() => ensureDir(join(path, "c")), Error);
  },
);

permitted(NEEDS, "exists() tells files from folders", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "a");
  await Deno.writeTextFile(file, "a");
  assert(await exists(file, { isFile: true }));
  assertFalse(await exists(file, { isDirectory: true }));
  assert(await exists(dir.path, { isDirectory: true }));
  assertFalse(await exists(join(dir.path, "b")));
});

permitted(NEEDS, "emptyDir() leaves the folder alone", async () => {
  await using dir = await tempDir();
  await ensureDir(join(dir.path, "a", "b"));
  await Deno.writeTextFile(join(dir.path, "c"), "c");
  await emptyDir(dir.path);
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  await emptyDir(join(dir.path, "new"));
  assert(await exists(join(dir.path, "new")));
});

permitted(NEEDS, "move() replaces a file only if it is told to", async () => {
  await using dir = await tempDir();
  const [from, to] = [join(dir.path, "from"), join(dir.path, "to")];
  await Deno.writeTextFile(from, "new");
  await Deno.writeTextFile(to, "old");
  await assertRejects(() => move(from, to), Deno.errors.AlreadyExists);
  await move(from, to, { overwrite: true });
  assertEquals(await Deno.readTextFile(to), "new");
  assertFalse(await exists(from));
});

permitted(NEEDS, "move() never loses what it moves onto itself", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "a");
  await Deno.writeTextFile(path, "a");
  await move(path, join(dir.path, ".", "a"), { overwrite: true });
  assertEquals(await Deno.readTextFile(path), "a");
  await assertRejects(
    () => move(dir.path, join(dir.path, "in"), { overwrite: true }),
    Deno.errors.NotSupported,
  );
});

permitted(NEEDS, "walk() yields a folder before what is in it", async () => {
  await using dir = await tempDir();
  await ensureDir(join(dir.path, "a", "b"));
  await Deno.writeTextFile(join(dir.path, "a", "b", "c.txt"), "c");
  await Deno.writeTextFile(join(dir.path, "d.bin"), "d");
  assertEquals(await walked(dir.path, {}), [
    "",
    "a",
    "a/b",
    "a/b/c.txt",
    "d.bin",
  ]);
  assertEquals(await walked(dir.path, { includeDirs: false, exts: ["txt"] }), [
    "a/b/c.txt",
  ]);
  assertEquals(await walked(dir.path, { maxDepth: 1 }), ["", "a", "d.bin"]);
  // The temporary folder's own name may end with a b, too.
  assertEquals(await walked(dir.path, { skip: [/[\\/]b$/] }), [
    "",
    "a",
    "d.bin",
  ]);
});

async function walked(
  root: string,
  options: Parameters<typeof walk>[1],
): Promise<string[]> {
  const entries = await Array.fromAsync(walk(root, options));
  return entries.map(({ path }) =>
    path.slice(root.length + 1).replaceAll("\\", "/")
  ).sort();
}
