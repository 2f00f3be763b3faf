import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../peer/clock.ts";
import { NoSourceError, type SourceReport } from "../../peer/errors.ts";
import { Hasher, type HashOptions } from "../../peer/hasher.ts";
import {
  DOWNLOAD_KIND,
  type DownloadRequest,
} from "../../protocol/download.ts";
import { permitted, tempDir } from "../permission.ts";
import { FakeClock } from "./fake_clock.ts";
import { type MemorySource, MemorySources } from "./memory_sources.ts";
import {
  type Answer,
  bytesOf,
  contentOf,
  fetchInto,
  framed,
  randomOf,
  type Reply,
} from "./transfer_fixture.ts";

const FILES = { read: true, write: true } as const;
const PIECE = 2 ** 18;
const CONTENT = contentOf(bytesOf(9 * PIECE + 77));
const OTHER = contentOf(bytesOf(CONTENT.bytes.length, 2));

/** When a source fails. */
const STAGES: Record<string, (request: DownloadRequest) => boolean> = {
  "at the hashes": ({ kind }) => kind === DOWNLOAD_KIND.HASHES,
  "at the first piece": ({ kind }) => kind === DOWNLOAD_KIND.CONTENT,
  "in the middle": ({ kind, offset, length }) =>
    kind === DOWNLOAD_KIND.CONTENT && offset + length > 4 * PIECE,
  "at the last piece": ({ kind, offset, length }) =>
    kind === DOWNLOAD_KIND.CONTENT && offset + length > 9 * PIECE,
};

/** What is sent instead of what was asked for. */
type Fault = (
  request: DownloadRequest,
  reply: Reply,
  clock: FakeClock,
) => Promise<void> | void;

const half = async ({ offset, length }: DownloadRequest, reply: Reply) => {
  await reply.grant(length, CONTENT.metadata);
  const all = framed(CONTENT.bytes.subarray(offset, offset + length));
  await reply.raw(all.subarray(0, all.length >> 1));
};
const zeros = (
  { length }: DownloadRequest,
  reply: Reply,
) => reply.content(new Uint8Array(length));
const forever = () => new Promise<void>(() => {});

/** Every way to fail, and what a source is dropped for that fails so again and again. */
const FAULTS: Record<string, [SourceReport["fault"], Fault]> = {
  "dies": ["closed", (_, reply) => reply.close()],
  "dies within an answer": ["closed", async (request, reply) => {
    await half(request, reply);
    reply.close();
  }],
  "stalls": ["stalled", forever],
  "stalls within an answer": ["stalled", async (request, reply) => {
    await half(request, reply);
    await forever();
  }],
  "sends a byte a second": ["stalled", async ({ length }, reply, clock) => {
    await reply.grant(length, CONTENT.metadata);
    for (const byte of framed(CONTENT.bytes.subarray(0, length))) {
      await delay(1_000, { clock });
      await reply.raw(new Uint8Array([byte]));
    }
  }],
  "refuses": ["refused", (_, reply) => reply.error("UNREADABLE")],
  "does not have it": ["refused", (_, reply) => reply.error("NOT_FOUND")],
  "has no such range": ["refused", (_, reply) => reply.error("RANGE")],
  "is busy": ["busy", (_, reply) => reply.error("BUSY", 5)],
  "has changed": ["changed", (_, reply) => reply.error("CHANGED")],
  "sends wrong bytes": ["lied", async (request, reply) => {
    const bytes = CONTENT.bytes.slice();
    bytes[request.offset]! ^= 1;
    const pieceHashes = CONTENT.pieceHashes.slice();
    pieceHashes[40]! ^= 1;
    await reply.good({ ...CONTENT, bytes, pieceHashes });
  }],
  "sends another content": ["lied", (_, reply) => reply.good(OTHER)],
  "says another size": ["lied", async (request, reply) => {
    await reply.grant(request.length, { ...CONTENT.metadata, size: 7 });
    await zeros(request, reply);
  }],
  "grants too little": ["lied", async ({ length }, reply) => {
    await reply.grant(length - 1, CONTENT.metadata);
    await reply.content(new Uint8Array(length - 1));
  }],
  "grants everything": ["lied", async (request, reply) => {
    await reply.grant(2 ** 44, CONTENT.metadata);
    await zeros(request, reply);
  }],
  "sends no PDUs": ["lied", (_, reply) => reply.raw(bytesOf(404))],
};

/** A source that is good until a stage, and fails from then on. */
function failing(
  sources: MemorySources,
  { fault, at, clock }: {
    fault: Fault;
    at: (request: DownloadRequest) => boolean;
    clock: FakeClock;
  },
): MemorySource {
  return sources.add("bad", (request, reply) => {
    return at(request) ? fault(request, reply, clock) : reply.good(CONTENT);
  });
}

const good: Answer = (_, reply) => reply.good(CONTENT);

for (const [what, [expected, fault]] of Object.entries(FAULTS)) {
  permitted(
    FILES,
    `download() is right, and resumed, whenever a source ${what}`,
    async () => {
      await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
      for (const at of Object.values(STAGES)) {
        await using dir = await tempDir({ inMemory: true });
        const clock = new FakeClock();
        await using sources = new MemorySources();
        const bad = failing(sources, { fault, at, clock });
        const options = { hasher, clock, connect: sources.connect };

        // Alone, it is not enough, and does not keep anybody for ever.
        const error = await assertRejects(
          () =>
            clock.until(
              fetchInto(dir.path, CONTENT, [bad.source], options),
            ),
          NoSourceError,
        );
        assertEquals(error.sources.map((it) => it.fault), [expected]);

        // The next day, with others: nothing that was verified is asked again.
        const other = sources.add("other", good);
        const result = await clock.until(
          fetchInto(dir.path, CONTENT, [other.source], options),
        );
        assertEquals(await Deno.readFile(result.path), CONTENT.bytes);
        const { bytesKept, bytesFetched } = result;
        assertEquals(bytesKept + bytesFetched, CONTENT.bytes.length);
        const asked = other.requests
          .filter(({ kind }) => kind === DOWNLOAD_KIND.CONTENT)
          .reduce((sum, { length }) => sum + length, 0);
        assertEquals(asked, bytesFetched);
      }
    },
  );

  permitted(
    FILES,
    `download() goes on with others whenever a source ${what}`,
    async () => {
      await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
      for (const at of Object.values(STAGES)) {
        await using dir = await tempDir({ inMemory: true });
        const clock = new FakeClock();
        await using sources = new MemorySources();
        const bad = failing(sources, { fault, at, clock });
        const other = sources.add("other", good);
        const dropped: SourceReport[] = [];
        const { path } = await clock.until(
          fetchInto(dir.path, CONTENT, [bad.source, other.source], {
            hasher,
            clock,
            connect: sources.connect,
            onSourceDropped: (report) => dropped.push(report),
          }),
        );
        assertEquals(await Deno.readFile(path), CONTENT.bytes);
        for (const { peer } of dropped) assertEquals(peer, bad.source.peer);
      }
    },
  );
}

/** Answers with so many bytes a second: enough not to be given up. */
function slowly(
  clock: FakeClock,
  bytesPerSecond: number,
  content = CONTENT,
): Answer {
  return async (request, reply) => {
    if (request.kind === DOWNLOAD_KIND.HASHES) return await reply.good(content);
    const { offset, length } = request;
    await reply.grant(length, content.metadata);
    const all = framed(content.bytes.subarray(offset, offset + length));
    for (let at = 0; at < all.length; at += bytesPerSecond) {
      await delay(1_000, { clock });
      await reply.raw(all.subarray(at, at + bytesPerSecond));
    }
  };
}

permitted(
  FILES,
  "download() lets no slow sources keep a fast one away",
  async () => {
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    await using dir = await tempDir({ inMemory: true });
    const clock = new FakeClock();
    await using sources = new MemorySources();
    const slow = Array.from(
      { length: 6 },
      (_, i) => sources.add(`slow ${i}`, slowly(clock, 1_000)),
    );
    const fast = sources.add("fast", good);
    const dropped: SourceReport[] = [];
    const { path, from } = await clock.until(
      fetchInto(
        dir.path,
        CONTENT,
        [...slow, fast].map(({ source }) => source),
        {
          hasher,
          clock,
          connect: sources.connect,
          onSourceDropped: (report) => dropped.push(report),
        },
      ),
    );
    assertEquals(await Deno.readFile(path), CONTENT.bytes);
    assertEquals(from.map(({ peer }) => peer), [fast.source.peer]);
    // Slow is no fault.
    assertEquals(dropped, []);
  },
);

permitted(
  FILES,
  "download() uses a source again that comes back",
  async () => {
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    await using dir = await tempDir({ inMemory: true });
    const clock = new FakeClock();
    await using sources = new MemorySources();
    const slow = sources.add("slow", slowly(clock, 5_000));
    const away = sources.add("away", good);
    const dropped: SourceReport[] = [];
    // It is back as soon as it was given up.
    away.onConnect = () => {
      if (dropped.length === 0) throw new Deno.errors.ConnectionRefused();
    };
    const { path, from } = await clock.until(
      fetchInto(dir.path, CONTENT, [slow.source, away.source], {
        hasher,
        clock,
        connect: sources.connect,
        onSourceDropped: (report) => dropped.push(report),
      }),
    );
    assertEquals(await Deno.readFile(path), CONTENT.bytes);
    assertEquals(dropped.map(({ fault }) => fault), ["unreachable"]);
    assertEquals(from[0]!.peer, away.source.peer);
  },
);

permitted(
  FILES,
  "download() lets no two sources hold up a piece between them",
  async () => {
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    const content = contentOf(bytesOf(4 * 2 ** 20), { exponent: 22 });
    const wrong = { ...content, bytes: content.bytes.map((byte) => byte ^ 1) };
    for (let seed = 1; seed <= 6; seed++) {
      const random = randomOf(seed);
      await using dir = await tempDir({ inMemory: true });
      const clock = new FakeClock();
      await using sources = new MemorySources();
      // One spoils a piece that several deliver, which is then asked of one
      // alone; another takes its time with that.
      const liar = sources.add("liar", (_, reply) => reply.good(wrong));
      let answered = 0;
      const slow = sources.add("slow", (request, reply) => {
        return answered++ < 2
          ? reply.good(content)
          : slowly(clock, 1_000, content)(request, reply);
      });
      const fast = sources.add("fast", (_, reply) => reply.good(content));
      const { path } = await clock.until(
        fetchInto(
          dir.path,
          content,
          [liar, slow, fast].map(({ source }) => source),
          { hasher, clock, random, connect: sources.connect },
        ),
      );
      assertEquals(await Deno.readFile(path), content.bytes);
      // Alone, the slow one would need more than an hour.
      assert(clock.now() < 1_000_000, `Seed ${seed}: ${clock.now()}`);
    }
  },
);

permitted(
  FILES,
  "a source that is gone once all has come is not missed, however slow we are",
  async () => {
    await using dir = await tempDir();
    await using sources = new MemorySources();
    const clock = new FakeClock();
    await using hasher = new Hasher();
    const slow = {
      async hash(bytes: Uint8Array<ArrayBuffer>, options: HashOptions) {
        await delay(20_000, { clock });
        return await hasher.hash(bytes, options);
      },
    } as Hasher;
    const source = sources.add("a", async (request, reply) => {
      await reply.good(CONTENT);
      if (!STAGES["at the last piece"]!(request)) return;
      source.onConnect = () => {
        throw new Deno.errors.ConnectionRefused("refused");
      };
    });
    const result = await clock.until(
      fetchInto(dir.path, CONTENT, [source.source], {
        hasher: slow,
        clock,
        connect: sources.connect,
      }),
    );
    assertEquals(result.bytesFetched, CONTENT.bytes.length);
  },
);
