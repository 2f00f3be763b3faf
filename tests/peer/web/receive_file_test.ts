import { assertEquals, assertRejects } from "@std/assert";
import { FileExistsError, UnsafePathError } from "../../../peer/errors.ts";
import { SharedFolder } from "../../../peer/shared_folder.ts";
import {
  CutShortError,
  receiveFile,
  type ReceiveOptions,
  removeLeftovers,
} from "../../../peer/web/receive_file.ts";
import { contentName } from "../../../protocol/name.ts";
import { permitted, tempDir } from "../../permission.ts";

const NEEDS = { read: true, write: true } as const;

async function* bodyOf(
  parts: readonly string[],
  fault?: Error,
): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await encode(part);
  if (fault) throw fault;
}

function encode(text: string): Promise<Uint8Array> {
  return Promise.resolve(new TextEncoder().encode(text));
}

function receive(
  folder: SharedFolder,
  name: string,
  { parts, fault, ...options }:
    & { parts: readonly string[]; fault?: Error }
    & Partial<ReceiveOptions>,
): Promise<string> {
  return receiveFile(contentName(name), bodyOf(parts, fault), {
    folder,
    size: parts.join("").length,
    ifExists: "fail",
    signal: new AbortController().signal,
    ...options,
  });
}

async function filesBelow(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (!isDirectory) names.push(name);
    else {
      const below = await filesBelow(`${path}/${name}`);
      names.push(...below.map((each) => `${name}/${each}`));
    }
  }
  return names.sort();
}

permitted(NEEDS, "receiveFile() saves a file whole", async () => {
  await using dir = await tempDir();
  const folder = await SharedFolder.open(dir.path);
  const path = await receive(folder, "a/b.txt", { parts: ["one ", "two"] });
  assertEquals(path, `${dir.path}/a/b.txt`);
  assertEquals(await Deno.readTextFile(path), "one two");
  await receive(folder, "empty", { parts: [] });
  assertEquals(await filesBelow(dir.path), ["a/b.txt", "empty"]);
});

permitted(
  NEEDS,
  "receiveFile() leaves nothing of what is not whole",
  async () => {
    await using dir = await tempDir();
    const folder = await SharedFolder.open(dir.path);
    const parts = ["some"];
    const aborted = AbortSignal.abort();
    for (
      const options of [
        { parts, size: 5 },
        { parts, size: 3 },
        { parts, fault: new Error("connection lost") },
        { parts, signal: aborted },
      ]
    ) {
      await assertRejects(
        () => receive(folder, "a.txt", options),
        CutShortError,
      );
    }
    assertEquals(await filesBelow(dir.path), []);
  },
);

permitted(NEEDS, "receiveFile() replaces nothing unasked", async () => {
  await using dir = await tempDir();
  const folder = await SharedFolder.open(dir.path);
  const own = `${dir.path}/a.txt`;
  await Deno.writeTextFile(own, "own");
  const parts = ["new"];
  await assertRejects(
    () => receive(folder, "a.txt", { parts }),
    FileExistsError,
  );
  // Also where it appears while the file is on its way.
  async function* late() {
    yield await encode("new");
    await Deno.writeTextFile(`${dir.path}/late.txt`, "own");
  }
  const { signal } = new AbortController();
  await assertRejects(
    () =>
      receiveFile(contentName("late.txt"), late(), {
        ...{ folder, size: 3, ifExists: "fail", signal },
      }),
    FileExistsError,
  );
  const beside = await receive(folder, "a.txt", { parts, ifExists: "rename" });
  assertEquals(beside, `${dir.path}/a (1).txt`);
  assertEquals(await Deno.readTextFile(own), "own");
  await receive(folder, "a.txt", { parts, ifExists: "overwrite" });
  assertEquals(await Deno.readTextFile(own), "new");
  assertEquals(await filesBelow(dir.path), [
    "a (1).txt",
    "a.txt",
    "late.txt",
  ]);
});

permitted(NEEDS, "receiveFile() stays in the folder", async () => {
  await using outside = await tempDir();
  await using dir = await tempDir();
  const folder = await SharedFolder.open(dir.path);
  await Deno.symlink(outside.path, `${dir.path}/link`);
  await Deno.symlink(`${outside.path}/x`, `${dir.path}/file`);
  const parts = ["new"];
  for (const name of ["link/x", "file", ".peerdex/key", ".PEERDEX/lock"]) {
    await assertRejects(
      () => receive(folder, name, { parts, ifExists: "overwrite" }),
      UnsafePathError,
    );
  }
  assertEquals(await filesBelow(outside.path), []);
});

permitted(
  NEEDS,
  "removeLeftovers() leaves what is being received",
  async () => {
    await using dir = await tempDir();
    const folder = await SharedFolder.open(dir.path);
    await removeLeftovers(folder);
    const uploads = `${dir.path}/.peerdex/uploads`;
    await Deno.mkdir(uploads, { recursive: true });
    for (const name of ["dead.upload", "live.upload", "other.txt"]) {
      await Deno.writeTextFile(`${uploads}/${name}`, "");
    }
    using live = await Deno.open(`${uploads}/live.upload`, { write: true });
    await live.lock(true);
    await removeLeftovers(folder);
    assertEquals(await filesBelow(uploads), ["live.upload", "other.txt"]);
  },
);
