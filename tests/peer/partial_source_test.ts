import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { bitfieldBytes, setBit } from "../../peer/bitfield.ts";
import { ContentServer } from "../../peer/content_server.ts";
import { NoSourceError, type SourceReport } from "../../peer/errors.ts";
import { Hasher } from "../../peer/hasher.ts";
import { type SharedContent, ShareTable } from "../../peer/share_table.ts";
import type { Source } from "../../peer/source.ts";
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
  TestSource,
  TRANSFER,
} from "./transfer_fixture.ts";

const PIECE = 2 ** 18;
const PIECES = 21;
const CONTENT = contentOf(bytesOf(PIECES * PIECE - 5));

/** The source, as the index tells of one that is still downloading. */
function partial({ source }: Pick<TestSource, "source">): Source {
  return { ...source, metadata: { ...CONTENT.metadata, partial: true } };
}

/** Answers like a source with these pieces, and more if they are added. */
function withPieces(pieces: Iterable<number>) {
  const have = new Uint8Array(bitfieldBytes(PIECES));
  for (const piece of pieces) setBit(have, piece);
  const answer: Answer = async (request, reply) => {
    const { kind, offset, length } = request;
    if (kind === DOWNLOAD_KIND.PIECES) {
      await reply.grant(have.length, CONTENT.metadata);
      return await reply.content(have);
    }
    if (kind === DOWNLOAD_KIND.CONTENT) {
      for (let at = offset; at < offset + length; at += PIECE) {
        const piece = Math.floor(at / PIECE);
        if (!(have[piece >> 3]! & 0x80 >> (piece & 7))) {
          return await reply.error("RANGE");
        }
      }
    }
    await reply.good(CONTENT);
  };
  return { answer, have };
}

permitted(
  TRANSFER,
  "download() asks partial sources for what they have",
  async () => {
    await using dir = await tempDir();
    const numbers = Array.from({ length: PIECES }, (_, i) => i);
    const even = withPieces(numbers.filter((n) => n % 2 === 0));
    const odd = withPieces(numbers.filter((n) => n % 2 === 1));
    await using one = new TestSource(even.answer, "even");
    await using two = new TestSource(odd.answer, "odd");
    const dropped: SourceReport[] = [];
    const { path, from } = await fetchInto(
      dir.path,
      CONTENT,
      [partial(one), partial(two)],
      { onSourceDropped: (report) => dropped.push(report) },
    );
    assertEquals(await Deno.readFile(path), CONTENT.bytes);
    assertEquals(from.map(({ bytes }) => bytes), [
      11 * PIECE - 5,
      10 * PIECE,
    ]);
    assertEquals(dropped, []);
  },
);

permitted(
  TRANSFER,
  "download() asks a partial source again for what it has by now",
  async () => {
    await using dir = await tempDir({ inMemory: true });
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    const clock = new FakeClock();
    await using sources = new MemorySources();
    const { answer, have } = withPieces([0, 1, 2]);
    const growing = sources.add("growing", answer);
    const fetching = fetchInto(dir.path, CONTENT, [partial(growing)], {
      hasher,
      clock,
      connect: sources.connect,
      onProgress: ({ bytes }) => {
        const next = Math.ceil(bytes / PIECE);
        if (next < PIECES) setBit(have, next);
      },
    });
    const { path } = await clock.until(fetching);
    assertEquals(await Deno.readFile(path), CONTENT.bytes);
    const told = growing.requests.filter(({ kind }) =>
      kind === DOWNLOAD_KIND.PIECES
    );
    assert(told.length > 3);
  },
);

permitted(
  TRANSFER,
  "download() does not wait for ever for those who have nothing",
  async () => {
    await using dir = await tempDir({ inMemory: true });
    await using hasher = new Hasher({ threads: 1, hereBytes: Infinity });
    const clock = new FakeClock();
    await using sources = new MemorySources();
    const empty = new Uint8Array(bitfieldBytes(PIECES));
    const all = Array.from(
      { length: 3 },
      (_, i) =>
        partial(sources.add(`empty ${i}`, async ({ kind }, reply) => {
          if (kind === DOWNLOAD_KIND.HASHES) return await reply.good(CONTENT);
          await reply.grant(empty.length, CONTENT.metadata);
          await reply.content(empty);
        })),
    );
    const error = await assertRejects(
      () =>
        clock.until(
          fetchInto(dir.path, CONTENT, all, {
            hasher,
            clock,
            connect: sources.connect,
          }),
        ),
      NoSourceError,
    );
    assertEquals(error.sources.map(({ fault }) => fault), [
      "stalled",
      "stalled",
      "stalled",
    ]);
    assertMatch(error.message, /had nothing that is missing for 300 s/);
  },
);

permitted(
  TRANSFER,
  "download() drops a source that lies about its pieces",
  async () => {
    await using dir = await tempDir();
    const dropped: SourceReport[] = [];
    await using short = new TestSource(async (request, reply) => {
      if (request.kind !== DOWNLOAD_KIND.PIECES) return reply.good(CONTENT);
      await reply.grant(1, CONTENT.metadata);
      await reply.content(new Uint8Array(1));
    }, "short");
    await using boaster = new TestSource(async (request, reply) => {
      if (request.kind === DOWNLOAD_KIND.CONTENT) return reply.error("RANGE");
      if (request.kind === DOWNLOAD_KIND.HASHES) return reply.good(CONTENT);
      await reply.grant(3, CONTENT.metadata);
      await reply.content(new Uint8Array(3).fill(0xff));
    }, "boaster");
    await assertRejects(
      () =>
        fetchInto(dir.path, CONTENT, [partial(short), partial(boaster)], {
          onSourceDropped: (report) => dropped.push(report),
        }),
      NoSourceError,
    );
    assertEquals(
      dropped.map(({ peer, fault }) => [peer, fault]).sort(),
      [[peerName("boaster"), "refused"], [peerName("short"), "lied"]],
    );
  },
);

permitted(
  TRANSFER,
  "a download is served to others while it runs, and afterwards",
  async () => {
    await using dir = await tempDir();
    await using other = await tempDir();
    const shares = new ShareTable();
    await using server = ContentServer.listen({
      hostname: "127.0.0.1",
      shares,
    });
    const hold = Promise.withResolvers<void>();
    await using seed = new TestSource(async (request, reply) => {
      if (request.offset >= 15 * PIECE) await hold.promise;
      await reply.good(CONTENT);
    }, "seed");
    const serving = Promise.withResolvers<SharedContent>();
    const first = fetchInto(dir.path, CONTENT, [seed], {
      onPart: (content) => {
        assertEquals([content.name, content.metadata.partial], [NAME, true]);
        shares.add(content);
        serving.resolve(content);
      },
    });
    const content = await serving.promise;
    const middle: Source = {
      hostname: "127.0.0.1",
      port: server.addr.port,
      peer: peerName("middle"),
      name: NAME,
      metadata: content.metadata,
    };
    let bytes = 0;
    const second = fetchInto(other.path, CONTENT, [middle], {
      onProgress: (progress) => {
        bytes = progress.bytes;
        // What the one has not, the other cannot have from it.
        if (bytes >= 15 * PIECE) hold.resolve();
      },
    });
    const result = await second;
    assertEquals(await Deno.readFile(result.path), CONTENT.bytes);
    assertEquals(result.from.map(({ peer }) => peer), [middle.peer]);
    const { path } = await first;
    assertEquals(await Deno.readFile(path), CONTENT.bytes);
    // The same entry of the table still serves, from the final place.
    assertEquals(content.path, path);
    await using third = await tempDir();
    const again = await fetchInto(third.path, CONTENT, [middle]);
    assertEquals(await Deno.readFile(again.path), CONTENT.bytes);
  },
);
