import { assertEquals, assertRejects } from "@std/assert";
import { DiskError } from "../../peer/errors.ts";
import { digestFile } from "../../peer/file_digest.ts";
import { Hasher } from "../../peer/hasher.ts";
import { permitted, tempDir } from "../permission.ts";
import {
  plainPieceHashes,
  plainRoot,
  testContent,
} from "../protocol/plain_digest.ts";

const FILES = { read: true, write: true } as const;
const MIB = 1_048_576;

permitted(FILES, "digestFile() agrees with BEP 52 step by step", async () => {
  await using dir = await tempDir();
  await using hasher = new Hasher({ threads: 1 });
  const path = `${dir.path}/content`;
  // The last one is more than is read ahead.
  const sizes = [0, 1, 16_385, 65_537, 2 ** 18, 2 ** 18 + 1, MIB, 9 * MIB + 7];
  for (const size of sizes) {
    const content = testContent(size);
    await Deno.writeFile(path, content);
    const progress: number[] = [];
    const found = await digestFile(path, {
      hasher,
      onProgress: (bytes) => progress.push(bytes),
    });
    assertEquals(found.size, size);
    assertEquals(found.exponent, 18);
    assertEquals(found.digest.toHex(), plainRoot(content).toHex());
    assertEquals(
      found.pieceHashes.toHex(),
      plainPieceHashes(content, 18).toHex(),
    );
    assertEquals(progress.at(-1), size === 0 ? undefined : size);
    assertEquals(progress, progress.toSorted((a, b) => a - b));
  }
});

permitted(FILES, "digestFile() reads many files at once", async () => {
  await using dir = await tempDir();
  await using hasher = new Hasher({ threads: 2 });
  const sizes = Array.from({ length: 20 }, (_, i) => i * 70_000);
  const digests = await Promise.all(sizes.map(async (size) => {
    const path = `${dir.path}/${size}`;
    await Deno.writeFile(path, testContent(size));
    return (await digestFile(path, { hasher })).digest.toHex();
  }));
  assertEquals(
    digests,
    sizes.map((size) => plainRoot(testContent(size)).toHex()),
  );
});

const CHANGES: Record<string, (path: string) => void> = {
  "grows": (path) => Deno.writeFileSync(path, testContent(1), { append: true }),
  "shrinks": (path) => Deno.truncateSync(path, 5 * MIB),
  "is written to": (path) => Deno.utimeSync(path, 1_000, 1_000),
  "is replaced": (path) => {
    const { mtime } = Deno.statSync(path);
    Deno.copyFileSync(path, `${path}.new`);
    Deno.utimeSync(`${path}.new`, mtime!, mtime!);
    Deno.renameSync(`${path}.new`, path);
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  // Windows does not replace a file that is open.
  if (what === "is replaced" && Deno.build.os === "windows") continue;
  permitted(FILES, `digestFile() refuses a file that ${what}`, async () => {
    await using dir = await tempDir();
    await using hasher = new Hasher({ threads: 1 });
    const path = `${dir.path}/content`;
    await Deno.writeFile(path, testContent(16 * MIB));
    let changed = false;
    const onProgress = () => {
      if (!changed) change(path);
      changed = true;
    };
    const error = await assertRejects(
      () => digestFile(path, { hasher, onProgress }),
      DiskError,
      "it changed while it was read",
    );
    assertEquals(error.path, path);
  });
}

permitted(FILES, "digestFile() names a file that it cannot read", async () => {
  await using dir = await tempDir();
  await using hasher = new Hasher({ threads: 1 });
  const missing = `${dir.path}/missing`;
  const error = await assertRejects(
    () => digestFile(missing, { hasher }),
    DiskError,
    missing,
  );
  assertEquals(error.cause instanceof Deno.errors.NotFound, true);
  await assertRejects(
    () => digestFile(dir.path, { hasher }),
    DiskError,
    "it is no regular file",
  );
});

permitted(FILES, "digestFile() ends with its signal", async () => {
  await using dir = await tempDir();
  await using hasher = new Hasher({ threads: 1 });
  const path = `${dir.path}/content`;
  await Deno.writeFile(path, testContent(16 * MIB));
  const reason = new Error("no more");
  const stop = new AbortController();
  const { signal } = stop;
  const onProgress = () => stop.abort(reason);
  for (let attempt = 0; attempt < 2; attempt++) {
    const ended = digestFile(path, { hasher, signal, onProgress });
    assertEquals(await assertRejects(() => ended), reason);
  }
});

permitted(FILES, "digestFile() fails with its hasher", async () => {
  await using dir = await tempDir();
  const hasher = new Hasher({ threads: 1 });
  const path = `${dir.path}/content`;
  await Deno.writeFile(path, testContent(16 * MIB));
  let disposing: Promise<void> | undefined;
  await assertRejects(
    () =>
      digestFile(path, {
        hasher,
        onProgress: () => void (disposing ??= hasher[Symbol.asyncDispose]()),
      }),
    Error,
    "was disposed of",
  );
  await disposing;
});
