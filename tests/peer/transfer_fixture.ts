/**
 * Contents, sources and clients for tests of the transfer.
 *
 * @module
 */

import { join } from "@std/path";
import { bitfieldBytes, setBit } from "../../peer/bitfield.ts";
import { download, type DownloadOptions } from "../../peer/download.ts";
import { Hasher } from "../../peer/hasher.ts";
import { type ByteStream, writeAll } from "../../peer/pdu_stream.ts";
import { RequestReader } from "../../peer/request_reader.ts";
import type { SharedContent } from "../../peer/share_table.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import type { Source } from "../../peer/source.ts";
import { frameContent, framedBytes } from "../../protocol/content.ts";
import {
  DIGEST_BYTES,
  hashPiece,
  rootOfPieces,
} from "../../protocol/digest.ts";
import {
  DOWNLOAD_KIND,
  type DownloadRequest,
  encodeGrant,
} from "../../protocol/download.ts";
import type { ErrorName } from "../../protocol/error_code.ts";
import { encodeError } from "../../protocol/error_reply.ts";
import type { Metadata } from "../../protocol/metadata.ts";
import {
  type ContentName,
  contentName,
  peerName,
} from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { pieceCount, pieceExponent } from "../../protocol/piece.ts";

/** The name that contents have here. */
export const NAME: ContentName = contentName("films/a.bin");

/** What the tests of the transfer need. */
export const TRANSFER = { net: true, read: true, write: true } as const;

/** A generator that gives the same numbers for the same seed, 0 up to 1. */
export function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761 >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Bytes that look random and are the same for the same seed. */
export function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const random = randomOf(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, length);
}

/** A content in memory. */
export interface TestContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly metadata: Metadata;
  readonly pieceHashes: Uint8Array;
}

/** Bytes with their digest. */
export function contentOf(
  bytes: Uint8Array<ArrayBuffer>,
  { exponent = pieceExponent(bytes.length), modified = 1_600_000_000_000 } = {},
): TestContent {
  const size = bytes.length;
  const pieces = pieceCount(size, exponent);
  const pieceHashes = new Uint8Array(pieces * DIGEST_BYTES);
  for (let piece = 0; piece < pieces; piece++) {
    const part = bytes.subarray(
      piece * 2 ** exponent,
      (piece + 1) * 2 ** exponent,
    );
    const alone = pieces === 1;
    pieceHashes.set(
      hashPiece(part, { exponent, alone }),
      piece * DIGEST_BYTES,
    );
  }
  const digest = pieces === 1
    ? pieceHashes.slice() as Uint8Array as Metadata["digest"]
    : rootOfPieces(pieceHashes, exponent);
  const metadata = { size, digest, exponent, modified, partial: false };
  return { bytes, metadata, pieceHashes };
}

/** Writes a content into a folder, ready to be shared. */
export async function shareFile(
  folder: string,
  { bytes, metadata, pieceHashes }: TestContent,
  name = NAME,
): Promise<SharedContent> {
  const path = join(folder, name.replaceAll("/", "_"));
  await Deno.writeFile(path, bytes);
  const time = new Date(metadata.modified);
  await Deno.utime(path, time, time);
  return { name, path, metadata, pieceHashes };
}

/** What a test source does with a request. */
export type Answer = (
  request: DownloadRequest,
  reply: Reply,
) => Promise<void> | void;

/** How a test source answers. */
export interface Reply {
  /** How many requests came on this connection before. */
  readonly index: number;
  /** Sends an `A` with its `m`, without content. */
  grant(length: number, metadata: Metadata): Promise<void>;
  /** Sends `C` PDUs. */
  content(bytes: Uint8Array): Promise<void>;
  /** Answers as a good source does. */
  good(content: TestContent): Promise<void>;
  /** Sends an `E`. */
  error(error: ErrorName, retryAfter?: number): Promise<void>;
  /** Sends anything. */
  raw(bytes: Uint8Array): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/** A source that does as it is told, on a real socket. */
export class TestSource implements AsyncDisposable {
  /** Where it is. */
  readonly source: Source;
  /** What it was asked for. */
  readonly requests: DownloadRequest[] = [];
  /** Connections that it took. */
  connections = 0;
  readonly #listener: Deno.TcpListener;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #running: Promise<unknown>[] = [];
  readonly #answer: Answer;

  /** Answers like this. */
  constructor(answer: Answer, name = "source") {
    this.#answer = answer;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = this.#listener.addr;
    this.source = { hostname, port, peer: peerName(name), name: NAME };
    this.#running.push(this.#accept());
  }

  /** Answers as it should. */
  static good(content: TestContent, name?: string): TestSource {
    return new TestSource((_, reply) => reply.good(content), name);
  }

  /** Closes every connection, as if it died. */
  kill(): void {
    this.#listener.close();
    for (const conn of this.#conns) close(conn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill();
    } catch {
      // It is dead already.
    }
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        this.connections++;
        this.#conns.add(conn);
        this.#running.push(this.#serve(conn));
      }
    } catch {
      // Closed.
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    await serveOn(conn, (request, reply) => {
      this.requests.push(request);
      return this.#answer(request, reply);
    });
    this.#conns.delete(conn);
  }
}

/** Answers the requests of one connection, in order, until it is closed. */
export async function serveOn(
  stream: ByteStream & { close(): void },
  answer: Answer,
): Promise<void> {
  const reader = new RequestReader(stream);
  try {
    for (let index = 0;; index++) {
      let message = reader.take();
      while (!message) {
        if (!await reader.wait()) return;
        message = reader.take();
      }
      if (message.type !== "download") return;
      const { request } = message;
      await answer(request, replyOn(stream, request, index));
    }
  } catch {
    // The client is gone, or the test has closed it.
  } finally {
    close(stream);
  }
}

/** Frames content as `C` PDUs. */
export function framed(bytes: Uint8Array): Uint8Array {
  const pdus = new Uint8Array(framedBytes(bytes.length));
  frameContent(bytes, pdus);
  return pdus;
}

/** Downloads with what most tests have in common. */
export async function fetchInto(
  folder: string,
  content: TestContent,
  sources: readonly (Source | TestSource)[],
  options: Partial<DownloadOptions> = {},
) {
  await using hasher = new Hasher({ threads: 1 });
  return await download(NAME, {
    find: () =>
      Promise.resolve({
        metadata: content.metadata,
        sources: sources.map((it) => it instanceof TestSource ? it.source : it),
      }),
    folder: await SharedFolder.open(folder),
    peer: peerName("me"),
    hasher,
    random: () => 0,
    ...options,
  });
}

function replyOn(
  conn: ByteStream & { close(): void },
  request: DownloadRequest,
  index: number,
): Reply {
  const { transaction } = request;
  const reply: Reply = {
    index,
    async grant(length, metadata) {
      const pdus = new PduBuffer(new Uint8Array(2 * PDU_BYTES));
      encodeGrant(pdus, 0, { transaction, length, metadata });
      await writeAll(conn, pdus.bytes);
    },
    async content(bytes) {
      await writeAll(conn, framed(bytes));
    },
    async good({ bytes, metadata, pieceHashes }) {
      const from = bytesFor(request, { bytes, metadata, pieceHashes });
      const part = from.subarray(
        request.offset,
        Math.min(from.length, request.offset + request.length),
      );
      await reply.grant(part.length, metadata);
      await reply.content(part);
    },
    async error(error, retryAfter = 0) {
      const pdus = new PduBuffer(new Uint8Array(PDU_BYTES));
      encodeError(pdus, 0, { transaction, error, retryAfter });
      await writeAll(conn, pdus.bytes);
    },
    raw: (bytes) => writeAll(conn, bytes),
    close: () => close(conn),
  };
  return reply;
}

/** What a good source answers from. */
function bytesFor(
  { kind }: DownloadRequest,
  { bytes, pieceHashes }: TestContent,
): Uint8Array {
  switch (kind) {
    case DOWNLOAD_KIND.HASHES:
      return pieceHashes;
    case DOWNLOAD_KIND.PIECES: {
      const pieces = pieceHashes.length / DIGEST_BYTES;
      const all = new Uint8Array(bitfieldBytes(pieces));
      for (let piece = 0; piece < pieces; piece++) setBit(all, piece);
      return all;
    }
    default:
      return bytes;
  }
}

function close(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
