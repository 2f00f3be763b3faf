import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type CachedDigest,
  DigestCache,
  type DigestCacheOptions,
  type FileStamp,
} from "../../peer/digest_cache.ts";
import { openStateFolder, type StateFolder } from "../../peer/state_folder.ts";
import type { Digest } from "../../protocol/digest.ts";
import { permitted, tempDir } from "../permission.ts";

const DISK = { read: true, write: true } as const;
const NOW = Date.UTC(2026, 0, 1);

/** What a file of the test is. */
function file(n: number, changes: Partial<FileStamp> = {}): FileStamp {
  return {
    size: n,
    mtime: new Date(NOW - 60_000),
    ctime: new Date(NOW - 60_000),
    ino: n,
    dev: 1,
    ...changes,
  };
}

function digestOf(n: number, pieces = 1): CachedDigest {
  return {
    size: n,
    digest: new Uint8Array(32).fill(n) as Digest,
    exponent: 18,
    pieceHashes: new Uint8Array(32 * pieces).fill(n),
  };
}

/** Opens the cache of a folder for a while. */
async function withCache<T>(
  dir: string,
  use: (cache: DigestCache, state: StateFolder) => T | Promise<T>,
  options: DigestCacheOptions = {},
): Promise<T> {
  await using state = await openStateFolder(dir);
  await using cache = await DigestCache.open(state, {
    now: () => NOW,
    ...options,
  });
  return await use(cache, state);
}

function bare({ size, digest, exponent, pieceHashes }: CachedDigest) {
  return { size, digest, exponent, pieceHashes };
}

function pathOf(dir: string): string {
  return join(dir, ".peerdex", "digests");
}

permitted(DISK, "DigestCache remembers from one run to the next", async () => {
  await using dir = await tempDir();
  await withCache(dir.path, (cache) => {
    cache.store("/a\té\n", file(1), digestOf(1, 5));
    cache.store("/b", file(2), digestOf(2));
    assertEquals(bare(cache.find("/b", file(2))!), digestOf(2));
  });
  await withCache(dir.path, (cache) => {
    assertEquals(bare(cache.find("/a\té\n", file(1))!), digestOf(1, 5));
    assertEquals(bare(cache.find("/b", file(2))!), digestOf(2));
    assertEquals(cache.find("/c", file(3)), undefined);
    cache.store("/c", file(3), digestOf(3));
  });
  await withCache(dir.path, (cache) => assertEquals(cache.size, 3));
});

permitted(
  DISK,
  "DigestCache knows a file that changed in any way",
  async () => {
    await using dir = await tempDir();
    await withCache(dir.path, (cache) => {
      cache.store("/a", file(1), digestOf(1));
      const changes: Partial<FileStamp>[] = [
        { size: 2 },
        { mtime: new Date(NOW - 59_999) },
        { ctime: new Date(NOW) },
        { ino: 9 },
        { dev: 2 },
        { mtime: null },
      ];
      for (const change of changes) {
        assertEquals(cache.find("/a", file(1, change)), undefined);
      }
      assert(cache.find("/a", file(1)));
    });
  },
);

permitted(
  DISK,
  "DigestCache does not trust a file that changed just now",
  async () => {
    await using dir = await tempDir();
    await withCache(dir.path, (cache) => {
      for (const age of [-1_000, 0, 1, 1_999]) {
        const racy = file(1, { mtime: new Date(NOW - age) });
        cache.store("/a", racy, digestOf(1));
        assertEquals(cache.find("/a", racy), undefined, `${age}`);
      }
      const old = file(1, { mtime: new Date(NOW - 2_000) });
      cache.store("/a", old, digestOf(1));
      assert(cache.find("/a", old));
      cache.store("/b", file(1, { mtime: null }), digestOf(1));
      cache.store("/c", file(2), digestOf(1)); // Another size than was hashed.
      assertEquals(cache.size, 1);
    });
  },
);

permitted(
  DISK,
  "DigestCache leaves out what is damaged and mends its file",
  async () => {
    await using dir = await tempDir();
    await withCache(dir.path, (cache) => {
      for (let i = 1; i <= 9; i++) cache.store(`/${i}`, file(i), digestOf(i));
    });
    const path = pathOf(dir.path);
    const whole = await Deno.readTextFile(path);
    const lines = whole.split("\n");
    for (
      const damage of [
        lines.with(3, lines[3]!.replace("AwMD", "AwMX")).join("\n"),
        lines.with(3, "").join("\n"),
        lines.with(3, "x".repeat(500)).join("\n"),
        whole.slice(0, -20),
        whole.replace(lines[3]!, lines[3]!.slice(0, 40)),
      ]
    ) {
      await Deno.writeTextFile(path, damage);
      await withCache(dir.path, (cache) => assertEquals(cache.size, 8));
      // After one opening and closing every line is good again.
      const mended = await Deno.readTextFile(path);
      assertEquals(mended.split("\n").length, lines.length - 1);
    }
  },
);

permitted(
  DISK,
  "DigestCache starts anew where its file is none of its own",
  async () => {
    await using dir = await tempDir();
    await withCache(dir.path, () => {});
    for (
      const text of [
        "",
        "garbage",
        "peerdex digests 2\nnew\n",
        "\0".repeat(999),
      ]
    ) {
      await Deno.writeTextFile(pathOf(dir.path), text);
      await withCache(dir.path, (cache) => {
        assertEquals(cache.size, 0);
        cache.store("/a", file(1), digestOf(1));
      });
      await withCache(dir.path, (cache) => assertEquals(cache.size, 1));
    }
    await Deno.remove(pathOf(dir.path));
    await Deno.mkdir(pathOf(dir.path));
    await withCache(dir.path, (cache) => {
      cache.store("/a", file(1), digestOf(1));
      assert(cache.find("/a", file(1)));
    });
  },
);

permitted(
  DISK,
  "DigestCache keeps the files used last where there are too many",
  async () => {
    await using dir = await tempDir();
    await withCache(dir.path, (cache) => {
      for (let i = 1; i <= 5; i++) cache.store(`/${i}`, file(i), digestOf(i));
      assert(cache.find("/1", file(1)));
      for (let i = 6; i <= 8; i++) cache.store(`/${i}`, file(i), digestOf(i));
      assertEquals(cache.size, 5);
      assert(cache.find("/1", file(1)));
      assertEquals(cache.find("/2", file(2)), undefined);
    }, { maxEntries: 5 });
  },
);

permitted(DISK, "DigestCache keeps its file within its bound", async () => {
  await using dir = await tempDir();
  await withCache(dir.path, async (cache) => {
    for (let round = 0; round < 200; round++) {
      for (let i = 1; i <= 20; i++) {
        const changed = file(i, { ino: round });
        cache.store(`/${i}`, changed, digestOf(i, 20));
      }
      await cache.flush();
    }
    assert(cache.size <= 20);
  }, { maxBytes: 20_000 });
  const { size } = await Deno.stat(pathOf(dir.path));
  assert(size <= 2 * 20_000 + 2 * 64 * 1024, `${size}`);
});

permitted(DISK, "DigestCache refuses what is too large for it", async () => {
  await using dir = await tempDir();
  await withCache(dir.path, (cache) => {
    cache.store("/a", file(1), digestOf(1, 1_000));
    assertEquals(cache.size, 0);
  }, { maxBytes: 20_000 });
});

permitted(
  DISK,
  "DigestCache of a folder in use reads and does not write",
  async () => {
    await using dir = await tempDir();
    await withCache(dir.path, async (cache) => {
      cache.store("/a", file(1), digestOf(1));
      await cache.flush();
      const before = await Deno.readTextFile(pathOf(dir.path));
      await withCache(dir.path, (second, state) => {
        assertEquals(state.fault, "in use");
        assert(second.find("/a", file(1)));
        second.store("/b", file(2), digestOf(2));
        assert(second.find("/b", file(2)));
      });
      assertEquals(await Deno.readTextFile(pathOf(dir.path)), before);
    });
  },
);

permitted(DISK, "DigestCache works where it cannot write", async () => {
  await using dir = await tempDir();
  await withCache(join(dir.path, "missing"), (cache, state) => {
    assertEquals(state.fault, "not writable");
    cache.store("/a", file(1), digestOf(1));
    assert(cache.find("/a", file(1)));
  });
});

permitted(DISK, "DigestCache is quick with 10,000 files", async () => {
  await using dir = await tempDir();
  await withCache(dir.path, (cache) => {
    for (let i = 0; i < 10_000; i++) {
      cache.store(`/some/folder/${i}`, file(i), digestOf(i));
    }
  });
  await withCache(dir.path, (cache) => {
    for (let i = 0; i < 10_000; i++) {
      assert(cache.find(`/some/folder/${i}`, file(i)));
    }
  });
});
