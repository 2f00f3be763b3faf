import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { NoSourceError, type SourceReport } from "../../peer/errors.ts";
import { DOWNLOAD_KIND } from "../../protocol/download.ts";
import { peerName } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { MemorySources } from "./memory_sources.ts";
import {
  type Answer,
  bytesOf,
  contentOf,
  fetchInto,
  NAME,
  randomOf,
  TestSource,
  TRANSFER,
} from "./transfer_fixture.ts";

const PIECE = 2 ** 18;

for (const size of [0, 1, 100, 16_385, PIECE, PIECE + 1, 5 * PIECE + 77]) {
  permitted(TRANSFER, `download() fetches ${size} bytes`, async () => {
    await using dir = await tempDir();
    const content = contentOf(bytesOf(size));
    await using source = TestSource.good(content);
    const result = await fetchInto(dir.path, content, [source]);
    assertEquals(result.path, `${dir.path}/films/a.bin`);
    assertEquals(await Deno.readFile(result.path), content.bytes);
    assertEquals(result.metadata, content.metadata);
    assertEquals(result.pieceHashes, content.pieceHashes);
    assertEquals([result.bytesFetched, result.bytesKept], [size, 0]);
    assertEquals(result.from.map(({ bytes }) => bytes), size ? [size] : []);
    assertEquals(await partsIn(dir.path), []);
    assertEquals(source.requests.length > 0, size > 0);
    for (const { digest } of source.requests) {
      assertEquals(digest, content.metadata.digest);
    }
  });
}

permitted(TRANSFER, "download() fetches pieces of several blocks", async () => {
  await using dir = await tempDir();
  const content = contentOf(bytesOf(9 * 2 ** 20 + 5), { exponent: 22 });
  await using one = TestSource.good(content, "one");
  await using two = TestSource.good(content, "two");
  const { path, from } = await fetchInto(dir.path, content, [one, two]);
  assertEquals(await Deno.readFile(path), content.bytes);
  assertEquals(
    from.reduce((sum, { bytes }) => sum + bytes, 0),
    9 * 2 ** 20 + 5,
  );
});

permitted(
  TRANSFER,
  "download() fetches one piece of several blocks",
  async () => {
    await using dir = await tempDir();
    const content = contentOf(bytesOf(5 * 2 ** 20 + 5), { exponent: 24 });
    await using source = TestSource.good(content);
    const { path } = await fetchInto(dir.path, content, [source]);
    assertEquals(await Deno.readFile(path), content.bytes);
    for (const { kind } of source.requests) {
      assertEquals(kind, DOWNLOAD_KIND.CONTENT);
    }
  },
);

/** A source that no test connects to. */
const NOWHERE = {
  hostname: "127.0.0.1",
  port: 9,
  peer: peerName("nowhere"),
  name: NAME,
};

/** Every way in which a source can fail, and what it is dropped as. */
const FAULTS: Record<string, [SourceReport["fault"], Answer]> = {
  "refuses": ["refused", (_, reply) => reply.error("UNREADABLE")],
  "does not have it": ["refused", (_, reply) => reply.error("NOT_FOUND")],
  "has another content by now": [
    "changed",
    (_, reply) => reply.error("CHANGED"),
  ],
  "closes at once": ["closed", (_, reply) => reply.close()],
  "sends garbage": ["lied", (_, reply) => reply.raw(bytesOf(404))],
  "sends zeros": ["lied", (_, reply) => reply.raw(new Uint8Array(404))],
  "sends continuations for ever": [
    "lied",
    (_, reply) => reply.raw(new Uint8Array(202_000).fill(0x7a)),
  ],
  "answers another request": [
    "lied",
    async (request, reply) => {
      const pdu = new Uint8Array(101);
      pdu[0] = 0x41;
      pdu[4] = request.transaction + 1;
      await reply.raw(pdu);
    },
  ],
  "says another size": [
    "lied",
    async ({ length }, reply) => {
      await reply.grant(length, { ...CONTENT.metadata, size: 7 });
      await reply.content(new Uint8Array(length));
    },
  ],
  "says another digest": [
    "lied",
    async ({ length }, reply) => {
      const metadata = contentOf(bytesOf(CONTENT.bytes.length, 9)).metadata;
      await reply.grant(length, metadata);
      await reply.content(new Uint8Array(length));
    },
  ],
  "grants too little": [
    "lied",
    async ({ length }, reply) => {
      await reply.grant(length - 1, CONTENT.metadata);
      await reply.content(new Uint8Array(length - 1));
    },
  ],
  "grants too much": [
    "lied",
    async ({ length }, reply) => {
      await reply.grant(length + 1, CONTENT.metadata);
      await reply.content(new Uint8Array(length + 1));
    },
  ],
  "sends too little and closes": [
    "closed",
    async ({ length }, reply) => {
      await reply.grant(length, CONTENT.metadata);
      await reply.content(new Uint8Array(length >> 1));
      reply.close();
    },
  ],
  "sends another PDU in the content": [
    "lied",
    async ({ length }, reply) => {
      await reply.grant(length, CONTENT.metadata);
      await reply.raw(new Uint8Array(length * 2).fill(0x58));
    },
  ],
  "sends wrong hashes": [
    "lied",
    async (_, reply) => {
      const pieceHashes = CONTENT.pieceHashes.slice();
      pieceHashes[40]! ^= 1;
      await reply.good({ ...CONTENT, pieceHashes });
    },
  ],
};

const CONTENT = contentOf(bytesOf(5 * PIECE + 77));

for (const [title, [fault, answer]] of Object.entries(FAULTS)) {
  permitted(TRANSFER, `download() drops a source that ${title}`, async () => {
    await using dir = await tempDir();
    await using bad = new TestSource(answer, "bad");
    const error = await assertRejects(
      () => fetchInto(dir.path, CONTENT, [bad]),
      NoSourceError,
    );
    assertEquals(error.sources.map((source) => source.fault), [fault]);
    assertEquals(error.sources[0]!.peer, bad.source.peer);
    assertStringIncludes(error.message, `127.0.0.1:${bad.source.port}`);
    assertEquals(bad.connections, 1);

    await using good = TestSource.good(CONTENT, "good");
    const dropped: SourceReport[] = [];
    const result = await fetchInto(dir.path, CONTENT, [bad, good], {
      maxSources: 1,
      onSourceDropped: (report) => dropped.push(report),
    });
    assertEquals(await Deno.readFile(result.path), CONTENT.bytes);
    assertEquals(dropped.map((source) => source.fault), [fault]);
    assertEquals(result.from.map(({ peer }) => peer), [good.source.peer]);
  });

  permitted(
    TRANSFER,
    `download() drops a source that ${title} in the middle`,
    async () => {
      await using dir = await tempDir();
      let asked = 0;
      await using bad = new TestSource((request, reply) => {
        const good = request.kind === DOWNLOAD_KIND.HASHES || asked++ < 2;
        return good || title === "sends wrong hashes"
          ? reply.good(CONTENT)
          : answer(request, reply);
      }, "bad");
      await using good = TestSource.good(CONTENT, "good");
      const result = await fetchInto(dir.path, CONTENT, [bad, good]);
      assertEquals(await Deno.readFile(result.path), CONTENT.bytes);
    },
  );
}

permitted(
  TRANSFER,
  "download() finishes with no wrong byte when a source corrupts one",
  async () => {
    await using dir = await tempDir();
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomOf(seed);
      const exponent = seed % 4 === 0 ? 21 : 18;
      const content = contentOf(
        bytesOf(5 * PIECE * (exponent - 17) + 77, seed),
        {
          exponent,
        },
      );
      const bytes = content.bytes.slice();
      bytes[Math.floor(random() * bytes.length)]! ^= 1 <<
        Math.floor(random() * 8);
      await using bad = TestSource.good({ ...content, bytes }, "bad");
      await using good = TestSource.good(content, "good");
      const dropped: SourceReport[] = [];
      const result = await fetchInto(dir.path, content, [bad, good], {
        ifExists: "overwrite",
        onSourceDropped: (report) => dropped.push(report),
      });
      assertEquals(await Deno.readFile(result.path), content.bytes);
      for (const { peer, fault } of dropped) {
        assertEquals([peer, fault], [bad.source.peer, "lied"]);
      }
    }
  },
);

permitted(
  TRANSFER,
  "download() leaves nothing under the name when every source lies",
  async () => {
    await using dir = await tempDir();
    const bytes = CONTENT.bytes.slice();
    bytes[3 * PIECE]! ^= 1;
    await using bad = TestSource.good({ ...CONTENT, bytes });
    const error = await assertRejects(
      () => fetchInto(dir.path, CONTENT, [bad]),
      NoSourceError,
    );
    assertEquals(error.sources[0]!.fault, "lied");
    assertEquals([...Deno.readDirSync(`${dir.path}/films`)], []);
    assertEquals((await partsIn(dir.path)).length, 2);

    // What was right of it is kept.
    await using good = TestSource.good(CONTENT);
    const result = await fetchInto(dir.path, CONTENT, [good]);
    assertEquals(await Deno.readFile(result.path), CONTENT.bytes);
    assert(result.bytesKept > 0);
    assertEquals(result.bytesKept + result.bytesFetched, CONTENT.bytes.length);
  },
);

permitted(TRANSFER, "download() goes on where it was aborted", async () => {
  await using dir = await tempDir();
  const content = contentOf(bytesOf(20 * PIECE));
  const stop = new AbortController();
  {
    await using source = new TestSource((request, reply) => {
      return request.offset < 8 * PIECE ? reply.good(content) : undefined;
    });
    await assertRejects(
      () =>
        fetchInto(dir.path, content, [source], {
          signal: stop.signal,
          onProgress: ({ bytes }) => {
            if (bytes >= 4 * PIECE) stop.abort(new Error("stopped"));
          },
        }),
      Error,
      "stopped",
    );
  }
  await using source = TestSource.good(content);
  const result = await fetchInto(dir.path, content, [source]);
  assertEquals(await Deno.readFile(result.path), content.bytes);
  assert(result.bytesKept >= 4 * PIECE);
  assertEquals(result.bytesKept + result.bytesFetched, content.bytes.length);
  const asked = source.requests.reduce((sum, { length }) => sum + length, 0);
  assertEquals(asked, result.bytesFetched);
});

permitted(TRANSFER, "download() asks the index again for sources", async () => {
  await using dir = await tempDir();
  await using dead = new TestSource((_, reply) => reply.close(), "dead");
  await using good = TestSource.good(CONTENT, "good");
  let asked = 0;
  const { path, from } = await fetchInto(dir.path, CONTENT, [], {
    find: (_, digest) => {
      if (asked > 0) assertEquals(digest, CONTENT.metadata.digest);
      const sources = [asked++ === 0 ? dead.source : good.source];
      return Promise.resolve({ metadata: CONTENT.metadata, sources });
    },
  });
  assertEquals(await Deno.readFile(path), CONTENT.bytes);
  assertEquals(from.map(({ peer }) => peer), [good.source.peer]);
  assert(asked >= 2);
});

permitted(
  TRANSFER,
  "download() comes back to a source that was cut off",
  async () => {
    await using dir = await tempDir();
    let cut = false;
    await using source = new TestSource((request, reply) => {
      if (request.offset >= 2 * PIECE && !cut) {
        cut = true;
        return reply.close();
      }
      return reply.good(CONTENT);
    });
    const { path } = await fetchInto(dir.path, CONTENT, [source]);
    assertEquals(await Deno.readFile(path), CONTENT.bytes);
    assertEquals(cut, true);
  },
);

permitted(
  TRANSFER,
  "download() names every source and what it did",
  async () => {
    await using dir = await tempDir();
    await using one = new TestSource(
      (_, reply) => reply.error("CHANGED"),
      "one",
    );
    const two = new TestSource(() => {}, "two");
    await two[Symbol.asyncDispose]();
    const error = await assertRejects(
      () => fetchInto(dir.path, CONTENT, [one, two]),
      NoSourceError,
    );
    assertEquals(error.content, NAME);
    assertEquals(error.sources.map(({ peer, fault }) => [peer, fault]), [
      [one.source.peer, "changed"],
      [two.source.peer, "unreachable"],
    ]);
  },
);

permitted(TRANSFER, "download() gives up a source that stalls", async () => {
  await using dir = await tempDir();
  const clock = new FakeClock();
  await using sources = new MemorySources();
  let isStalled = false;
  const stalled = sources.add("stalled", async ({ kind, length }, reply) => {
    if (kind === DOWNLOAD_KIND.HASHES) return reply.good(CONTENT);
    // It was asked for more before it stalled.
    if (isStalled) return;
    isStalled = true;
    await reply.grant(length, CONTENT.metadata);
    await reply.content(CONTENT.bytes.subarray(0, 1_000));
  });
  const dropped: SourceReport[] = [];
  let droppedAt = 0;
  const fetching = fetchInto(dir.path, CONTENT, [stalled.source], {
    clock,
    connect: sources.connect,
    onSourceDropped: (report) => {
      dropped.push(report);
      droppedAt = clock.now();
    },
  });
  const error = await assertRejects(
    () => clock.until(fetching),
    NoSourceError,
  );
  assertMatch(
    error.message,
    /sent (nothing for|no more than 1010 bytes in) 30 s/,
  );
  assertEquals(dropped.map(({ fault }) => fault), ["stalled"]);
  assertEquals([droppedAt, clock.timers], [30_000, 0]);
});

permitted(
  TRANSFER,
  "download() gives up a source that never connects",
  async () => {
    await using dir = await tempDir();
    const clock = new FakeClock();
    const fetching = fetchInto(dir.path, CONTENT, [NOWHERE], {
      clock,
      connect: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        ),
    });
    const error = await assertRejects(
      () => clock.until(fetching),
      NoSourceError,
    );
    assertEquals(error.sources[0]!.fault, "unreachable");
    assertStringIncludes(error.message, "did not answer for 10 s");
  },
);

permitted(TRANSFER, "download() waits for a source that is busy", async () => {
  await using dir = await tempDir();
  const clock = new FakeClock();
  await using sources = new MemorySources();
  let isBusy = true;
  const { source } = sources.add("busy", async (_, reply) => {
    if (!isBusy) return reply.good(CONTENT);
    isBusy = false;
    await reply.error("BUSY", 20);
  });
  const fetching = fetchInto(dir.path, CONTENT, [source], {
    clock,
    connect: sources.connect,
  });
  const { path } = await clock.until(fetching);
  assertEquals(await Deno.readFile(path), CONTENT.bytes);
  assert(clock.now() >= 20_000, `${clock.now()}`);
});

permitted(
  TRANSFER,
  "download() does not wait in the end for what a slow source owes",
  async () => {
    await using dir = await tempDir();
    const content = contentOf(bytesOf(24 * PIECE));
    const done = Promise.withResolvers<void>();
    await using slow = new TestSource(async (request, reply) => {
      if (request.kind === DOWNLOAD_KIND.HASHES) return reply.good(content);
      await done.promise;
    }, "slow");
    await using fast = TestSource.good(content, "fast");
    const { path, from } = await fetchInto(dir.path, content, [slow, fast]);
    done.resolve();
    assertEquals(await Deno.readFile(path), content.bytes);
    assertEquals(from.map(({ peer }) => peer), [fast.source.peer]);
  },
);

permitted(TRANSFER, "download() shares the work out", async () => {
  await using dir = await tempDir();
  const content = contentOf(bytesOf(60 * PIECE));
  await using one = TestSource.good(content, "one");
  await using two = TestSource.good(content, "two");
  await using three = TestSource.good(content, "three");
  const sources = [one, two, three];
  const { path, from } = await fetchInto(dir.path, content, sources);
  assertEquals(await Deno.readFile(path), content.bytes);
  assertEquals(from.length, 3);
  const { length } = content.bytes;
  assertEquals(from.reduce((sum, { bytes }) => sum + bytes, 0), length);
});

permitted(TRANSFER, "download() uses no more sources than it may", async () => {
  await using dir = await tempDir();
  const clock = new FakeClock();
  await using sources = new MemorySources();
  const connected: string[] = [];
  const names = Array.from({ length: 6 }, (_, i) => `s${i}`);
  const all = names.map((name) => {
    const source = sources.add(name, (_, reply) => reply.good(CONTENT));
    source.onConnect = () => void connected.push(name);
    return source.source;
  });
  let most = 0;
  const fetching = fetchInto(dir.path, CONTENT, all, {
    clock,
    connect: sources.connect,
    maxSources: 2,
    onProgress: ({ sources }) => most = Math.max(most, sources),
  });
  await clock.until(fetching);
  assertEquals([...new Set(connected)].sort(), names.slice(0, 2));
  assert(most <= 2);
});

async function partsIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${folder}/.peerdex/parts`)) {
    names.push(name);
  }
  return names;
}
