/**
 * Empty folders, shared and fetched: peers, an index and a disk that are real.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { IndexServer } from "../../index/server.ts";
import { download } from "../../peer/download.ts";
import type { IfExists } from "../../peer/download.ts";
import { FileExistsError, UnsafePathError } from "../../peer/errors.ts";
import { Hasher } from "../../peer/hasher.ts";
import { Peer } from "../../peer/peer.ts";
import type { SharedFolder } from "../../peer/shared_folder.ts";
import {
  DOWNLOAD_KIND,
  type DownloadKind,
  encodeDownload,
} from "../../protocol/download.ts";
import { NOTHING_DIGEST } from "../../protocol/metadata.ts";
import {
  type ContentName,
  contentName,
  peerName,
} from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { permitted, tempDir } from "../permission.ts";
import { DISK, POSIX, put, reasons, stage } from "./folder_fixture.ts";
import { bytesOf, contentOf, TRANSFER } from "./transfer_fixture.ts";

const EMPTY = contentName("photos/empty/");

async function namesIn(folder: SharedFolder): Promise<string[]> {
  return (await folder.list()).files.map(({ name }) => `${name}`);
}

permitted(
  DISK,
  "SharedFolder.list() shows the folders that hold nothing, the innermost",
  async () => {
    const at = await stage(["a/file", "Größe/x"]);
    await using _ = at.dir;
    for (const made of ["a/empty", "b/c/d", "b/e", "leer/größer"]) {
      await Deno.mkdir(join(at.path, made), { recursive: true });
    }
    assertEquals(await namesIn(at.folder), [
      "Größe/x",
      "a/empty/",
      "a/file",
      "b/c/d/",
      "b/e/",
      "leer/größer/",
    ]);
    const file = await at.folder.file(contentName("b/c/d/"));
    assertEquals([file?.path, file?.size], [join(at.path, "b/c/d"), 0]);
    assertEquals(await at.folder.file(contentName("a/file/")), undefined);
    assertEquals(await at.folder.file(contentName("b/c/d")), undefined);
    // What it holds from now on is shared in its place.
    await put(join(at.path, "b/e/f"), "now");
    await Deno.remove(join(at.path, "a/empty"));
    assertEquals(await namesIn(at.folder), [
      "Größe/x",
      "a/file",
      "b/c/d/",
      "b/e/f",
      "leer/größer/",
    ]);
  },
);

permitted(
  DISK,
  "a shared folder without files is no empty one in itself",
  async () => {
    const at = await stage([]);
    await using _ = at.dir;
    assertEquals(await namesIn(at.folder), []);
    const given = join(at.dir.path, "given");
    await Deno.mkdir(given);
    const { files } = await at.folder.find([given, given]);
    assertEquals(files.map(({ name }) => `${name}`), ["given/"]);
  },
);

permitted(
  DISK,
  "what holds nothing but what is not shared counts as empty",
  async () => {
    const at = await stage(["a/.peerdex/state", "full/x"]);
    await using _ = at.dir;
    assertEquals(await namesIn(at.folder), ["a/", "full/x"]);
    const twice = [join(at.path, "full"), join(at.path, "full")];
    const { files } = await at.folder.find(twice);
    assertEquals(files.map(({ name }) => `${name}`), ["full/x"]);
    if (!POSIX) return;
    await Deno.symlink(at.dir.path, join(at.path, "a/out"));
    const { files: all, skipped } = await at.folder.list();
    assertEquals(all.map(({ name }) => `${name}`), ["a/", "full/x"]);
    assertEquals(reasons(skipped), ["it is a link that leaves the folder"]);
  },
);

permitted(DISK, "no file is written under the name of a folder", async () => {
  const at = await stage(["file"]);
  await using _ = at.dir;
  const { folder } = at;
  for (const name of ["new/", "file/"] as ContentName[]) {
    await assertRejects(() => folder.pathFor(name), UnsafePathError, "folder");
  }
  for (const name of [".peerdex/", "a/.PEERDEX-x/", "file/below/"]) {
    const hostile = name as ContentName;
    await assertRejects(() => folder.folderPathFor(hostile), UnsafePathError);
  }
  await assertRejects(
    () => folder.folderPathFor(contentName("file")),
    UnsafePathError,
    "the name of a file",
  );
  if (!POSIX) return;
  await Deno.symlink(at.dir.path, join(at.path, "out"));
  for (const name of ["out/", "out/made/"] as ContentName[]) {
    await assertRejects(() => folder.folderPathFor(name), UnsafePathError);
  }
});

/** Downloads an empty folder that nobody serves into a folder with these files. */
async function fetchInto(
  files: readonly string[],
  { ifExists, name = EMPTY, metadata = NOTHING }: {
    ifExists?: IfExists;
    name?: ContentName;
    metadata?: typeof NOTHING;
  } = {},
) {
  const at = await stage(files);
  await using hasher = new Hasher();
  const fetched = download(name, {
    folder: at.folder,
    find: () => Promise.resolve({ metadata, sources: [] }),
    peer: peerName("bob"),
    hasher,
    ...(ifExists && { ifExists }),
  });
  const [outcome] = await Promise.allSettled([fetched]);
  const left = await namesIn(at.folder);
  await at.dir[Symbol.asyncDispose]();
  return { outcome, left };
}

const NOTHING = contentOf(bytesOf(0)).metadata;

permitted(DISK, "an empty folder is made without a source", async () => {
  assertEquals(NOTHING.digest, NOTHING_DIGEST);
  const made = await fetchInto([]);
  assert(made.outcome!.status === "fulfilled");
  assertEquals(made.outcome.value.outcome, "fetched");
  assertEquals(made.left, ["photos/empty/"]);
  const there = await fetchInto(["photos/empty/x"]);
  assert(there.outcome!.status === "fulfilled");
  assertEquals(there.outcome.value.outcome, "present");
  assertEquals(there.left, ["photos/empty/x"]);
});

permitted(DISK, "a file in the place of an empty folder stays", async () => {
  for (
    const [ifExists, error] of [
      ["fail", FileExistsError],
      ["overwrite", UnsafePathError],
      ["rename", UnsafePathError],
    ] as const
  ) {
    const { outcome, left } = await fetchInto(["photos/empty"], { ifExists });
    assert(outcome!.status === "rejected" && outcome.reason instanceof error);
    assertEquals(left, ["photos/empty"]);
  }
  const { outcome, left } = await fetchInto(["photos/empty"], {
    ifExists: "skip",
  });
  assert(outcome!.status === "fulfilled");
  assertEquals(outcome.value.outcome, "skipped");
  assertEquals(left, ["photos/empty"]);
});

permitted(DISK, "an empty folder that has a content is none", async () => {
  const byte = contentOf(bytesOf(1)).metadata;
  for (
    const metadata of [
      byte,
      { ...byte, size: 0 },
      { ...NOTHING, size: 1 },
      { ...NOTHING, partial: true },
    ]
  ) {
    const { outcome, left } = await fetchInto([], { metadata });
    assert(outcome!.status === "rejected", "it is refused");
    assertEquals(left, []);
  }
});

permitted(TRANSFER, "empty folders go from one peer to another", async () => {
  await using dir = await tempDir();
  await using index = await IndexServer.start({
    hostname: "127.0.0.1",
    port: 0,
  });
  const open = (name: string) =>
    Peer.open({
      index: index.addr,
      hostname: "127.0.0.1",
      name: peerName(name),
      dir: join(dir.path, name),
    });
  await using alice = await open("alice");
  await using bob = await open("bob");
  const from = alice.folder.path;
  await put(join(from, "photos/a.txt"), "a");
  for (const made of ["photos/empty", "photos/größer/tief"]) {
    await Deno.mkdir(join(from, made), { recursive: true });
  }
  const time = new Date(1_000_000_000_000);
  await Deno.utime(join(from, "photos/empty"), time, time);
  await alice.share([from]);
  const expected = ["photos/a.txt", "photos/empty/", "photos/größer/tief/"];
  const listed = await Array.fromAsync(bob.online({ filter: "photos/**" }));
  assertEquals(listed.map(({ name }) => `${name}`).sort(), expected);
  assertEquals(listed.map(({ size }) => size).sort(), [0, 0, 1]);
  const faults: unknown[] = [];
  await bob.downloadMany(listed.map(({ name }) => ({ name })), {
    onOutcome: (outcome) => {
      if ("error" in outcome) faults.push(outcome.error);
    },
    onNotRegistered: (_name, error) => faults.push(error),
  });
  assertEquals(faults, []);
  assertEquals(await namesIn(bob.folder), expected);
  if (POSIX) {
    const { mtime } = await Deno.stat(join(bob.folder.path, "photos/empty"));
    assertEquals(mtime, time);
  }
  // Both have it now, and whoever asks is told that it has no bytes.
  assertEquals((await alice.search(EMPTY)).sources.length, 2);
  const again = await bob.download(EMPTY);
  assertEquals([again.outcome, again.bytesFetched], ["present", 0]);
  await alice.deregister(EMPTY);
  await bob.deregister(EMPTY);
  await assertRejects(() => bob.search(EMPTY));
});

permitted(
  TRANSFER,
  "a content server says that an empty folder has no bytes, while it is there",
  async () => {
    await using dir = await tempDir();
    await using index = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    const stale: string[] = [];
    await using alice = await Peer.open({
      index: index.addr,
      hostname: "127.0.0.1",
      name: peerName("alice"),
      dir: join(dir.path, "alice"),
      onEvent: (event) => {
        if (event.type === "stale") stale.push(`${event.name}`);
      },
    });
    const path = join(alice.folder.path, "photos/empty");
    await Deno.mkdir(path, { recursive: true });
    await alice.register(EMPTY);
    for (const kind of Object.values(DOWNLOAD_KIND)) {
      assertEquals(await headOf(alice.addr.port, kind), "A", `kind ${kind}`);
    }
    await Deno.remove(path);
    assertEquals(await headOf(alice.addr.port, DOWNLOAD_KIND.CONTENT), "E");
    assertEquals(stale, [`${EMPTY}`]);
  },
);

permitted(
  TRANSFER,
  "what is shared again as no empty folder is one no more",
  async () => {
    await using dir = await tempDir();
    await using index = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    await using alice = await Peer.open({
      index: index.addr,
      hostname: "127.0.0.1",
      name: peerName("alice"),
      dir: join(dir.path, "alice"),
    });
    const { path } = alice.folder;
    for (const name of ["filled", "gone", "kept"]) {
      await Deno.mkdir(join(path, name));
    }
    const online = async () =>
      (await Array.fromAsync(alice.online())).map(({ name }) => `${name}`)
        .sort();
    await alice.share([path]);
    assertEquals(await online(), ["filled/", "gone/", "kept/"]);
    await put(join(path, "filled/file"), "something");
    await Deno.remove(join(path, "gone"));
    // Also where something else is shared.
    await alice.share([join(path, "filled/file")]);
    assertEquals(await online(), ["filled/file", "kept/"]);
    assertEquals(alice.shared().map(({ name }) => `${name}`).sort(), [
      "filled/file",
      "kept/",
    ]);
    await Deno.remove(join(path, "filled/file"));
    await alice.share([path]);
    assertEquals((await online()).includes("filled/"), true);
  },
);

/** The type of the answer that a content server gives to a `D` of this kind. */
async function headOf(port: number, kind: DownloadKind): Promise<string> {
  const pdus = new PduBuffer(new Uint8Array(3 * PDU_BYTES));
  const end = encodeDownload(pdus, 0, {
    transaction: 1,
    peer: peerName("bob"),
    name: EMPTY,
    kind,
    digest: NOTHING_DIGEST,
  });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(pdus.bytes.subarray(0, end));
  const head = new Uint8Array(1);
  assertEquals(await connection.read(head), 1);
  return String.fromCharCode(head[0]!);
}
