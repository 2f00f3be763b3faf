import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { hasBit } from "../../peer/bitfield.ts";
import {
  DiskError,
  FileExistsError,
  PartBusyError,
  UnsafePathError,
} from "../../peer/errors.ts";
import { makeFolder } from "../../peer/own_file.ts";
import { PartFile } from "../../peer/part_file.ts";
import { decodePartRecord, encodePartRecord } from "../../peer/part_record.ts";
import { contentName } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";
import {
  bytesOf,
  contentOf,
  fetchInto,
  NAME,
  randomOf,
  TestSource,
  TRANSFER,
} from "./transfer_fixture.ts";

const PIECE = 2 ** 18;
const CONTENT = contentOf(bytesOf(10 * PIECE + 5));
const FILES = { read: true, write: true } as const;

permitted(FILES, "PartFile keeps what was verified", async () => {
  await using dir = await tempDir();
  const verified = new Uint8Array(2);
  {
    await using part = await PartFile.open(optionsFor(dir.path));
    assertEquals([part.existed, part.left], [false, undefined]);
    await part.begin({ verified, hashes: CONTENT.pieceHashes });
    await part.write(CONTENT.bytes.subarray(0, PIECE), 0);
    part.markVerified(0);
    await part.write(CONTENT.bytes.subarray(9 * PIECE), 9 * PIECE);
    part.markVerified(9);
    part.markVerified(10);
  }
  await using part = await PartFile.open(optionsFor(dir.path));
  assertEquals(part.existed, true);
  assertEquals(part.left!.hashes, CONTENT.pieceHashes);
  for (let piece = 0; piece < 11; piece++) {
    assertEquals(
      hasBit(part.left!.verified, piece),
      [0, 9, 10].includes(piece),
    );
  }
  const target = new Uint8Array(PIECE);
  assertEquals(await part.read(target, 0), true);
  assertEquals(target, CONTENT.bytes.slice(0, PIECE));
});

permitted(FILES, "PartFile.open() is for one at a time", async () => {
  await using dir = await tempDir();
  {
    await using _ = await PartFile.open(optionsFor(dir.path));
    const error = await assertRejects(
      () => PartFile.open(optionsFor(dir.path)),
      PartBusyError,
    );
    assert(error.path.endsWith(".part"));
  }
  await using part = await PartFile.open(optionsFor(dir.path));
  await part[Symbol.asyncDispose]();
});

permitted(FILES, "PartFile.finish() never leaves two names", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "done.bin");
  {
    await using part = await PartFile.open(optionsFor(dir.path));
    await part.begin({
      verified: new Uint8Array(2),
      hashes: CONTENT.pieceHashes,
    });
    await part.write(CONTENT.bytes, 0);
    const modified = 1_234_567_890_123;
    assertEquals(await part.finish(path, { modified, ifExists: "fail" }), path);
  }
  const info = await Deno.stat(path);
  assertEquals(info.mtime!.getTime(), 1_234_567_890_123);
  assertEquals(info.nlink ?? 1, 1);
  assertEquals([...Deno.readDirSync(join(dir.path, ".peerdex/parts"))], []);
});

permitted(
  FILES,
  "PartFile.open() does not write to a file that was finished",
  async () => {
    await using dir = await tempDir();
    const done = join(dir.path, "done.bin");
    {
      await using part = await PartFile.open(optionsFor(dir.path));
      await part.write(CONTENT.bytes, 0);
      // Killed between the two steps of taking the final name.
      await Deno.link(part.path, done);
    }
    await using part = await PartFile.open(optionsFor(dir.path));
    assertEquals(part.existed, false);
    await part.write(new Uint8Array(100), 0);
    assertEquals(await Deno.readFile(done), CONTENT.bytes);
  },
);

permitted(
  TRANSFER,
  "a half stays for another name where one has the content already",
  async () => {
    await using dir = await tempDir();
    await using source = TestSource.good(CONTENT);
    {
      await using part = await PartFile.open(optionsFor(dir.path));
      const verified = new Uint8Array(2);
      await part.begin({ verified, hashes: CONTENT.pieceHashes });
      await part.write(CONTENT.bytes.subarray(0, PIECE), 0);
      part.markVerified(0);
    }
    await Deno.mkdir(join(dir.path, "films"));
    await Deno.writeFile(join(dir.path, NAME), CONTENT.bytes);
    const there = await fetchInto(dir.path, CONTENT, [source]);
    assertEquals([there.outcome, there.bytesFetched], ["present", 0]);
    const other = await fetchInto(dir.path, CONTENT, [source], {
      saveAs: contentName("other.bin"),
    });
    assertEquals([other.outcome, other.bytesKept], ["fetched", PIECE]);
    assertEquals(await Deno.readFile(other.path), CONTENT.bytes);
    // A process that was killed just after it gave the name left it the old one.
    const options = optionsFor(dir.path);
    const { path } = await (async () => {
      await using part = await PartFile.open(options);
      return part;
    })();
    await Deno.remove(path);
    await Deno.link(other.path, path);
    await PartFile.removeLeft(options);
    assertEquals([...Deno.readDirSync(join(path, ".."))], []);
    assertEquals(await Deno.readFile(other.path), CONTENT.bytes);
  },
);

permitted(FILES, "PartFile follows no link", async () => {
  await using dir = await tempDir();
  await using outside = await tempDir();
  const victim = join(outside.path, "victim");
  await Deno.writeTextFile(victim, "precious");
  const parts = join(dir.path, ".peerdex", "parts");
  const hex = CONTENT.metadata.digest.toHex();

  for (const name of [`${hex}.part`, `${hex}.record`]) {
    await Deno.mkdir(parts, { recursive: true });
    await Deno.symlink(victim, join(parts, name));
    await assertRejects(
      () => PartFile.open(optionsFor(dir.path)),
      UnsafePathError,
    );
    await Deno.remove(join(parts, name));
    await Deno.mkdir(join(parts, name));
    await assertRejects(
      () => PartFile.open(optionsFor(dir.path)),
      UnsafePathError,
    );
    await Deno.remove(parts, { recursive: true });
  }
  await Deno.mkdir(parts);
  for (const folder of [parts, join(dir.path, ".peerdex")]) {
    await Deno.remove(folder, { recursive: true });
    await Deno.symlink(outside.path, folder);
    await assertRejects(
      () => PartFile.open(optionsFor(dir.path)),
      UnsafePathError,
    );
    await Deno.remove(folder);
    await Deno.writeTextFile(folder, "");
    await assertRejects(
      () => PartFile.open(optionsFor(dir.path)),
      UnsafePathError,
    );
  }
  assertEquals(await Deno.readTextFile(victim), "precious");
  assertEquals([...Deno.readDirSync(outside.path)].length, 1);
});

permitted(FILES, "makeFolder() makes no folder through a link", async () => {
  await using dir = await tempDir();
  await using outside = await tempDir();
  await makeFolder(dir.path, join(dir.path, "a", "b"));
  await makeFolder(dir.path, join(dir.path, "a", "b"));
  await Deno.symlink(outside.path, join(dir.path, "a", "out"));
  await assertRejects(
    () => makeFolder(dir.path, join(dir.path, "a", "out", "c")),
    UnsafePathError,
  );
  await assertRejects(
    () => makeFolder(dir.path, join(outside.path, "c")),
    UnsafePathError,
  );
  assertEquals([...Deno.readDirSync(outside.path)], []);
});

permitted(
  TRANSFER,
  "download() believes no part file and no record",
  async () => {
    await using dir = await tempDir();
    await using source = TestSource.good(CONTENT);
    const hex = CONTENT.metadata.digest.toHex();
    const stem = join(dir.path, ".peerdex", "parts", hex);
    const all = {
      verified: new Uint8Array([0xff, 0xe0]),
      hashes: CONTENT.pieceHashes,
    };
    const record = encodePartRecord(CONTENT.metadata, all);
    assertEquals(decodePartRecord(CONTENT.metadata, record), all);
    const random = randomOf(3);
    for (let i = 0; i < 25; i++) {
      const damaged = record.slice();
      const part = CONTENT.bytes.slice(
        0,
        i % 5 === 0 ? Math.floor(random() * CONTENT.bytes.length) : undefined,
      );
      if (i % 3 === 0) damaged[Math.floor(random() * record.length)]! ^= 0x10;
      if (i % 4 === 0) part[Math.floor(random() * part.length)]! ^= 1;
      await Deno.mkdir(join(dir.path, ".peerdex", "parts"), {
        recursive: true,
      });
      await Deno.writeFile(`${stem}.part`, part);
      if (i % 7 !== 6) await Deno.writeFile(`${stem}.record`, damaged);
      const { path, bytesKept, bytesFetched } = await fetchInto(
        dir.path,
        CONTENT,
        [source],
      );
      assertEquals(await Deno.readFile(path), CONTENT.bytes);
      assertEquals(bytesKept + bytesFetched, CONTENT.bytes.length);
      if (i % 4 !== 0 && i % 5 !== 0 && i % 3 !== 0) {
        assertEquals(bytesFetched, 0);
      }
      await Deno.remove(path);
    }
  },
);

permitted(
  TRANSFER,
  "download() finds a free name also for a file of the longest name",
  async () => {
    await using dir = await tempDir();
    await using source = TestSource.good(CONTENT);
    const wide = "\u{1f600}";
    for (
      const [name, free] of [
        [`${"n".repeat(251)}.bin`, `${"n".repeat(247)} (1).bin`],
        [`n${wide.repeat(62)}.bin`, `n${wide.repeat(61)} (1).bin`],
        [`a.${"n".repeat(253)}`, `a.${"n".repeat(249)} (1)`],
      ] as const
    ) {
      await Deno.writeTextFile(join(dir.path, name), "another");
      const { path } = await fetchInto(dir.path, CONTENT, [source], {
        ifExists: "rename",
        saveAs: contentName(name),
      });
      assertEquals(path, join(dir.path, free));
      assertEquals(await Deno.readFile(path), CONTENT.bytes);
    }
  },
);

permitted(
  TRANSFER,
  "download() does with an existing file as told",
  async () => {
    await using dir = await tempDir();
    await using source = TestSource.good(CONTENT);
    const path = join(dir.path, "films", "a.bin");
    await Deno.mkdir(join(dir.path, "films"));
    await Deno.writeTextFile(path, "another");
    const error = await assertRejects(
      () => fetchInto(dir.path, CONTENT, [source]),
      FileExistsError,
    );
    assertEquals(error.path, path);
    const skipped = await fetchInto(dir.path, CONTENT, [source], {
      ifExists: "skip",
    });
    assertEquals([skipped.outcome, skipped.path], ["skipped", path]);
    assertEquals(await Deno.readTextFile(path), "another");
    assertEquals(source.requests, []);

    for (const number of [1, 2]) {
      const renamed = await fetchInto(dir.path, CONTENT, [source], {
        ifExists: "rename",
      });
      assertEquals(renamed.path, join(dir.path, "films", `a (${number}).bin`));
      assertEquals(await Deno.readFile(renamed.path), CONTENT.bytes);
    }
    assertEquals(await Deno.readTextFile(path), "another");

    const { outcome } = await fetchInto(dir.path, CONTENT, [source], {
      ifExists: "overwrite",
    });
    assertEquals(outcome, "fetched");
    assertEquals(await Deno.readFile(path), CONTENT.bytes);

    const asked = source.requests.length;
    const present = await fetchInto(dir.path, CONTENT, [source]);
    assertEquals([present.outcome, present.bytesFetched], ["present", 0]);
    assertEquals(present.pieceHashes, CONTENT.pieceHashes);
    assertEquals(source.requests.length, asked);
  },
);

permitted(
  TRANSFER,
  "download() replaces no file that appears while it runs",
  async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "films", "a.bin");
    await using source = new TestSource(async (_, reply) => {
      await Deno.writeTextFile(path, "another");
      await reply.good(CONTENT);
    });
    await assertRejects(
      () => fetchInto(dir.path, CONTENT, [source]),
      FileExistsError,
    );
    assertEquals(await Deno.readTextFile(path), "another");
    await Deno.remove(path);
    await using unused = TestSource.good(CONTENT);
    const { bytesKept } = await fetchInto(dir.path, CONTENT, [unused]);
    assertEquals(bytesKept, CONTENT.bytes.length);
    assertEquals(unused.requests, []);
  },
);

permitted(TRANSFER, "download() writes nowhere but in its folder", async () => {
  await using dir = await tempDir();
  await using outside = await tempDir();
  await using source = TestSource.good(CONTENT);
  await Deno.symlink(outside.path, join(dir.path, "films"));
  await assertRejects(
    () => fetchInto(dir.path, CONTENT, [source]),
    UnsafePathError,
  );
  for (
    const name of [
      ".peerdex/key",
      ".peerdex",
      ".PeerDex/parts/x",
      "a/.peerdex/x",
    ]
  ) {
    await assertRejects(
      () =>
        fetchInto(dir.path, CONTENT, [source], { saveAs: contentName(name) }),
      UnsafePathError,
    );
  }
  assertEquals([...Deno.readDirSync(outside.path)], []);
  assertEquals(source.requests, []);

  // A link in the place of the file is replaced, not followed.
  const victim = join(outside.path, "victim");
  await Deno.writeTextFile(victim, "precious");
  await Deno.remove(join(dir.path, "films"));
  await Deno.mkdir(join(dir.path, "films"));
  await Deno.symlink(victim, join(dir.path, "films", "a.bin"));
  await assertRejects(
    () => fetchInto(dir.path, CONTENT, [source], { ifExists: "overwrite" }),
    UnsafePathError,
  );
  assertEquals(await Deno.readTextFile(victim), "precious");
});

permitted(TRANSFER, "download() says what the disk cannot do", async () => {
  await using dir = await tempDir();
  await using source = TestSource.good(CONTENT);
  await Deno.mkdir(join(dir.path, ".peerdex", "parts"), { recursive: true });
  const huge = { ...CONTENT.metadata, size: 2 ** 44, exponent: 24 };
  const error = await assertRejects(
    () => fetchInto(dir.path, { ...CONTENT, metadata: huge }, [source]),
  );
  // Whatever stops it first, no space was taken.
  assert(error instanceof Error);
  assertEquals(NAME, "films/a.bin");
  assertEquals(
    new DiskError("x", { task: "write", cause: new Error("(os error 28)") })
      .message,
    'Cannot write "x": the disk is full; make room and ask again, it goes on from there',
  );
});

function optionsFor(folder: string) {
  return { folder, key: CONTENT.metadata };
}
