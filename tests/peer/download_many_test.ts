import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { delay } from "../../peer/clock.ts";
import { ContentServer } from "../../peer/content_server.ts";
import {
  downloadMany,
  type DownloadManyOptions,
  type ManyResult,
  type WantedContent,
} from "../../peer/download_many.ts";
import { FileExistsError, NoSourceError } from "../../peer/errors.ts";
import { Hasher } from "../../peer/hasher.ts";
import { ShareTable } from "../../peer/share_table.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import type { Source } from "../../peer/source.ts";
import {
  type ContentName,
  contentName,
  peerName,
} from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { MemorySources } from "./memory_sources.ts";
import {
  bytesOf,
  contentOf,
  framed,
  randomOf,
  shareFile,
  type TestContent,
  TestSource,
  TRANSFER,
} from "./transfer_fixture.ts";

const FILES = { read: true, write: true } as const;

type Contents = Map<ContentName, TestContent>;

/** Contents of many sizes in many folders. */
function manyContents(count: number): Contents {
  const random = randomOf(count);
  const contents: Contents = new Map();
  for (let i = 0; i < count; i++) {
    const folder = ["", "a/", "a/b/", "ümläut/", "c/d/e/"][i % 5]!;
    const size = i % 10 === 0 ? 0 : Math.floor(random() ** 6 * 300_000);
    const modified = 1_000_000_000_000 + i * 1_000;
    const bytes = bytesOf(size, i % 7 === 0 ? 7 : i + 1);
    contents.set(
      contentName(`${folder}file ${i}.bin`),
      contentOf(bytes, { modified }),
    );
  }
  return contents;
}

/** A content server with all of them, as a source. */
async function serveAll(contents: Contents) {
  const dir = await tempDir();
  const shares = new ShareTable();
  for (const [name, content] of contents) {
    shares.add(await shareFile(dir.path, content, name));
  }
  const server = ContentServer.listen({ hostname: "127.0.0.1", shares });
  return {
    server,
    sourceOf: (name: ContentName): Source => ({
      hostname: "127.0.0.1",
      port: server.addr.port,
      peer: peerName("all"),
      name,
    }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

function* wantedOf(
  contents: Contents,
  sourcesOf: (name: ContentName) => Source[],
): Generator<WantedContent> {
  for (const [name, { metadata }] of contents) {
    yield { name, found: { metadata, sources: sourcesOf(name) } };
  }
}

async function fetchAll(
  folder: string,
  wanted: Iterable<WantedContent>,
  options: Partial<DownloadManyOptions> = {},
): Promise<Map<ContentName, ManyResult>> {
  await using hasher = new Hasher({ threads: 1 });
  const results = new Map<ContentName, ManyResult>();
  await downloadMany(wanted, {
    find: () => Promise.reject(new Error("The index is not asked again")),
    folder: await SharedFolder.open(folder),
    hasher,
    peer: peerName("me"),
    onResult: (result) => {
      assert(!results.has(result.name));
      results.set(result.name, result);
    },
    ...options,
  });
  return results;
}

async function assertAllThere(folder: string, contents: Contents) {
  for (const [name, { bytes, metadata }] of contents) {
    const path = join(folder, name);
    assertEquals(await Deno.readFile(path), bytes);
    const { mtime } = await Deno.stat(path);
    assertEquals(mtime!.getTime(), metadata.modified);
  }
  assertEquals(leftBehind(folder), ["small.lock"]);
}

function leftBehind(folder: string): string[] {
  const parts = Deno.readDirSync(join(folder, ".peerdex", "parts"));
  return [...parts].map(({ name }) => name);
}

permitted(
  TRANSFER,
  "downloadMany() fetches many over few connections",
  async () => {
    await using dir = await tempDir();
    const contents = manyContents(400);
    await using all = await serveAll(contents);
    const results = await fetchAll(
      dir.path,
      wantedOf(contents, (name) => [all.sourceOf(name)]),
    );
    await assertAllThere(dir.path, contents);
    assertEquals(results.size, 400);
    for (const [name, { result }] of results) {
      const { bytes, metadata, pieceHashes } = contents.get(name)!;
      assertEquals(result!.outcome, "fetched");
      assertEquals(result!.path, join(dir.path, name));
      assertEquals(result!.metadata, metadata);
      assertEquals(result!.pieceHashes, pieceHashes);
      assertEquals(result!.bytesFetched, bytes.length);
    }
    // One for all the small ones, two for each larger one.
    const large =
      [...contents.values()].filter(({ bytes }) => bytes.length > 2 ** 18)
        .length;
    assertEquals(all.server.counts.accepted, 1 + 2 * large);

    // All of it is there now.
    const again = await fetchAll(
      dir.path,
      wantedOf(contents, (name) => [all.sourceOf(name)]),
    );
    for (const { result } of again.values()) {
      assertEquals(result!.outcome, "present");
    }
  },
);

permitted(FILES, "downloadMany() fetches more than may wait", async () => {
  await using dir = await tempDir();
  await using sources = new MemorySources();
  const content = contentOf(bytesOf(10));
  const { source } = sources.add("all", (_, reply) => reply.good(content));
  const names = Array.from({ length: 5_000 }, (_, i) => contentName(`${i}`));
  const results = await fetchAll(
    dir.path,
    wantedOf(
      new Map(names.map((name) => [name, content])),
      (name) => [{ ...source, name }],
    ),
    { connect: sources.connect },
  );
  for (const name of names) {
    assertEquals(results.get(name)?.result?.outcome, "fetched");
    assertEquals(Deno.readFileSync(join(dir.path, name)), content.bytes);
  }
});

permitted(
  FILES,
  "a link does not make its target's folder another's",
  async () => {
    await using dir = await tempDir();
    await using sources = new MemorySources();
    const content = contentOf(bytesOf(10));
    const { source } = sources.add("all", (_, reply) => reply.good(content));
    await Deno.mkdir(join(dir.path, "b"));
    await Deno.writeTextFile(join(dir.path, "b", "one"), "old");
    await Deno.symlink(join("b", "one"), join(dir.path, "one"));
    const names = [contentName("one"), contentName("two")];
    const results = await fetchAll(
      dir.path,
      wantedOf(
        new Map(names.map((name) => [name, content])),
        (name) => [{ ...source, name }],
      ),
      { connect: sources.connect, ifExists: "overwrite" },
    );
    assertEquals(results.get(names[1]!)?.result?.path, join(dir.path, "two"));
    assertEquals(Deno.readFileSync(join(dir.path, "two")), content.bytes);
  },
);

permitted(TRANSFER, "downloadMany() goes on where some fail", async () => {
  await using dir = await tempDir();
  const contents = manyContents(60);
  const served: Contents = new Map([...contents].filter((_, i) => i % 3 > 0));
  await using all = await serveAll(served);
  const results = await fetchAll(
    dir.path,
    wantedOf(contents, (name) => [all.sourceOf(name)]),
  );
  for (const [name, { error }] of results) {
    const isFine = served.has(name) || contents.get(name)!.bytes.length === 0;
    if (isFine) assertEquals(error, undefined);
    else {
      assert(error instanceof NoSourceError);
      assertEquals(error.sources.map(({ fault }) => fault), ["refused"]);
    }
  }
});

permitted(
  TRANSFER,
  "downloadMany() asks others where a source lies or dies",
  async () => {
    await using dir = await tempDir();
    const contents = new Map(
      [...manyContents(80)].filter(([, { bytes }]) => bytes.length < 2 ** 18),
    );
    await using all = await serveAll(contents);
    await using liar = new TestSource(async (request, reply) => {
      const content = contents.get(request.name)!;
      const bytes = content.bytes.slice();
      if (reply.index === 0) bytes[0]! ^= 1;
      await reply.good({ ...content, bytes });
    }, "liar");
    await using mortal = new TestSource(async (request, reply) => {
      if (reply.index === 1) return reply.close();
      await reply.good(contents.get(request.name)!);
    }, "mortal");
    const dropped: string[] = [];
    const results = await fetchAll(
      dir.path,
      wantedOf(contents, (name) => [
        { ...liar.source, name },
        { ...mortal.source, name },
        all.sourceOf(name),
      ]),
      {
        onSourceDropped: ({ peer, fault }) => dropped.push(`${peer} ${fault}`),
      },
    );
    await assertAllThere(dir.path, contents);
    assertEquals(dropped, ["liar lied"]);
    for (const { error } of results.values()) assertEquals(error, undefined);
  },
);

permitted(FILES, "downloadMany() waits for nobody who trickles", async () => {
  await using dir = await tempDir();
  const clock = new FakeClock();
  const name = contentName("a.bin");
  const content = contentOf(bytesOf(10_000));
  await using sources = new MemorySources();
  let askedAt = Infinity;
  let droppedAt = Infinity;
  const { source } = sources.add("slow", async ({ length }, reply) => {
    askedAt = clock.now();
    await reply.grant(length, content.metadata);
    const bytes = framed(content.bytes);
    for (let at = 0; at < bytes.length; at += PDU_BYTES) {
      await delay(20_000, { clock });
      await reply.raw(bytes.subarray(at, at + PDU_BYTES));
    }
  });
  const results = await clock.until(
    fetchAll(
      dir.path,
      wantedOf(new Map([[name, content]]), () => [{ ...source, name }]),
      {
        clock,
        connect: sources.connect,
        onSourceDropped: () => droppedAt = clock.now(),
      },
    ),
  );
  const { error } = results.get(name)!;
  assert(error instanceof NoSourceError);
  assertEquals(error.sources.map(({ fault }) => fault), ["stalled"]);
  assertEquals(droppedAt - askedAt, 30_000);
});

permitted(
  FILES,
  "downloadMany() does not go back to a busy source that has lied",
  async () => {
    await using dir = await tempDir();
    const clock = new FakeClock();
    await using sources = new MemorySources();
    // Too large to be hashed on the spot: it is busy before the lie is found.
    const content = contentOf(bytesOf(100_000));
    const liar = sources.add(
      "liar",
      (_, reply) =>
        reply.index > 0
          ? reply.error("BUSY", 5)
          : reply.good({ ...content, bytes: bytesOf(100_000, 2) }),
    );
    let connections = 0;
    liar.onConnect = () => void connections++;
    const wanted = ["a", "b", "c"].map((name) => ({
      name: contentName(name),
      found: {
        metadata: content.metadata,
        sources: [{ ...liar.source, name: contentName(name) }],
      },
    }));
    const dropped = Promise.withResolvers<unknown>();
    const fetching = fetchAll(dir.path, wanted, {
      clock,
      connect: sources.connect,
      onSourceDropped: dropped.resolve,
    });
    await dropped.promise;
    const results = await clock.until(fetching);
    for (const { error } of results.values()) {
      assert(error instanceof NoSourceError);
      assertEquals(error.sources.map(({ fault }) => fault), ["lied"]);
    }
    assertEquals(connections, 1);
  },
);

permitted(
  TRANSFER,
  "downloadMany() does with existing files as told",
  async () => {
    const contents = manyContents(20);
    await using all = await serveAll(contents);
    for (const ifExists of ["fail", "skip", "rename", "overwrite"] as const) {
      await using dir = await tempDir();
      const names = [...contents.keys()].filter((_, i) => i % 2);
      for (const name of names) {
        await Deno.mkdir(join(dir.path, name, ".."), { recursive: true });
        await Deno.writeTextFile(join(dir.path, name), "another");
      }
      const results = await fetchAll(
        dir.path,
        wantedOf(contents, (name) => [all.sourceOf(name)]),
        { ifExists },
      );
      for (const [name, { bytes }] of contents) {
        const { result, error } = results.get(name)!;
        const path = join(dir.path, name);
        if (!names.includes(name)) {
          assertEquals(await Deno.readFile(path), bytes);
          continue;
        }
        switch (ifExists) {
          case "fail":
            assert(error instanceof FileExistsError);
            assertEquals(await Deno.readTextFile(path), "another");
            break;
          case "skip":
            assertEquals(result!.outcome, "skipped");
            assertEquals(await Deno.readTextFile(path), "another");
            break;
          case "rename":
            assertEquals(result!.path, path.replace(".bin", " (1).bin"));
            assertEquals(await Deno.readFile(result!.path), bytes);
            assertEquals(await Deno.readTextFile(path), "another");
            break;
          case "overwrite":
            assertEquals(await Deno.readFile(path), bytes);
        }
      }
    }
  },
);

permitted(
  TRANSFER,
  "downloadMany() writes nowhere but in its folder",
  async () => {
    await using dir = await tempDir();
    await using outside = await tempDir();
    const contents: Contents = new Map();
    for (const name of ["x/a", "x/b", "y", ".peerdex/key", "z/.peerdex"]) {
      contents.set(contentName(name), contentOf(bytesOf(100)));
    }
    await using all = await serveAll(contents);
    await Deno.symlink(outside.path, join(dir.path, "x"));
    await Deno.symlink(join(outside.path, "victim"), join(dir.path, "y"));
    const results = await fetchAll(
      dir.path,
      wantedOf(contents, (name) => [all.sourceOf(name)]),
      { ifExists: "overwrite" },
    );
    for (const { error } of results.values()) {
      assertEquals(error?.name, "UnsafePathError");
    }
    assertEquals([...Deno.readDirSync(outside.path)], []);
  },
);

permitted(TRANSFER, "downloadMany() stops when it is told to", async () => {
  await using dir = await tempDir();
  const contents = manyContents(50);
  await using silent = new TestSource(() => {}, "silent");
  const stop = new AbortController();
  const asked = fetchAll(
    dir.path,
    wantedOf(contents, (name) => [{ ...silent.source, name }]),
    { signal: stop.signal },
  );
  stop.abort(new Error("stopped"));
  await asked.then(
    () => assert(false),
    (error) => assertEquals(error.message, "stopped"),
  );
  assertEquals(leftBehind(dir.path), ["small.lock"]);
});

permitted(
  TRANSFER,
  "downloadMany() clears what a killed one left behind",
  async () => {
    await using dir = await tempDir();
    const parts = join(dir.path, ".peerdex", "parts");
    await Deno.mkdir(parts, { recursive: true });
    await Deno.writeTextFile(join(parts, "small-1-0"), "half");
    await fetchAll(dir.path, []);
    assertEquals(leftBehind(dir.path), ["small.lock"]);
  },
);
