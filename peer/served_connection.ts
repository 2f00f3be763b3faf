/**
 * One client of a content server.
 *
 * @module
 */

import { frameContent } from "../protocol/content.ts";
import {
  DOWNLOAD_KIND,
  type DownloadRequest,
  encodeGrant,
} from "../protocol/download.ts";
import type { ErrorName } from "../protocol/error_code.ts";
import { encodeError } from "../protocol/error_reply.ts";
import type { Transaction } from "../protocol/message.ts";
import type { ContentName } from "../protocol/name.ts";
import { PAYLOAD_BYTES, PDU_BYTES } from "../protocol/pdu.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import type { Clock } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import type { ByteStream } from "./pdu_stream.ts";
import type { RateLimit } from "./rate_limit.ts";
import { RequestReader } from "./request_reader.ts";
import { ResponseWriter } from "./response_writer.ts";
import type { SendBuffers } from "./send_buffers.ts";
import { ChangedError, ServedFile } from "./served_file.ts";
import type { SharedContent, ShareTable } from "./share_table.ts";
import type { UploadSlots } from "./upload_slots.ts";

/** How long a content server waits for its clients, in milliseconds. */
export interface ServerTimeouts {
  /** For the first request of a connection. */
  readonly handshakeMs: number;
  /** For the next request. */
  readonly idleMs: number;
  /** For a client to take the next bytes of what it asked for. */
  readonly progressMs: number;
  /** For a slot to send content. */
  readonly slotMs: number;
}

/** What a server's connections share. */
export interface ServedConnectionOptions {
  readonly shares: ShareTable;
  readonly slots: UploadSlots;
  readonly buffers: SendBuffers;
  readonly limit?: RateLimit | undefined;
  readonly timeouts: ServerTimeouts;
  readonly clock: Clock;
  /** Is told of content that was sent, in bytes. */
  readonly onSent: (name: ContentName, bytes: number) => void;
  /** Is told of a request that was refused. */
  readonly onRefused: (error: ErrorName, text: string | undefined) => void;
}

/** A connection of a client. */
export type ClientStream = ByteStream & { close(): void };

/** What a client must at least take before its deadline is moved, in bytes. */
const MIN_PROGRESS_BYTES = 16_384;

/** Files up to this size are read at once, without leaving the turn. */
const SMALL_BYTES = 65_536;

/** How long an open file is trusted to be the one at its path, in milliseconds. */
const REOPEN_MS = 1_000;

/** How long to wait after `E BUSY`, in seconds. */
const BUSY_RETRY_SECONDS = 5;

/** Content of one request is sent in parts no larger than this between two turns, in bytes. */
const TURN_BYTES = 8 * 2 ** 20;

/** Answers the requests of one client, in order, until it closes or breaks the rules. */
export class ServedConnection {
  readonly #stream: ClientStream;
  readonly #address: string;
  readonly #options: ServedConnectionOptions;
  readonly #reader: RequestReader;
  readonly #writer: ResponseWriter;
  readonly #deadline: Deadline;
  readonly #closing = new AbortController();
  #progressMark = 0;
  #file: ServedFile | undefined;
  #openedAt = 0;

  /**
   * @param stream The connection; it is closed in the end.
   * @param options The client's address, and what it shares with others.
   */
  constructor(
    stream: ClientStream,
    options: ServedConnectionOptions & { readonly address: string },
  ) {
    this.#stream = stream;
    this.#address = options.address;
    this.#options = options;
    this.#deadline = new Deadline(options.clock, () => this.close());
    this.#reader = new RequestReader(stream);
    this.#writer = new ResponseWriter(stream, {
      buffers: options.buffers,
      limit: options.limit,
      signal: this.#closing.signal,
      onProgress: (written) => this.#progress(written),
      onSent: () => this.#deadline.lift(),
    });
  }

  /** Closes the connection; what runs on it ends. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("The connection was closed"));
    this.#stream.close();
  }

  /** Serves the client. Returns when the connection is closed, whoever closed it. */
  async run(): Promise<void> {
    const { handshakeMs, idleMs } = this.#options.timeouts;
    try {
      for (let waitMs = handshakeMs; await this.#next(waitMs); waitMs = idleMs);
      await this.#writer.flush();
    } catch {
      // Whatever broke the connection, nobody is left who could be told.
    } finally {
      this.close();
      this.#deadline[Symbol.dispose]();
      await this.#writer.abandon();
      this.#file?.[Symbol.dispose]();
    }
  }

  /** Answers the next message. Returns whether another may follow. */
  async #next(waitMs: number): Promise<boolean> {
    let message = this.#reader.take();
    if (!message) {
      // Nothing more to answer for now: what is answered must go out first.
      await this.#writer.flush();
      this.#deadline.set(waitMs);
      while (!message) {
        if (!await this.#reader.wait()) return false;
        message = this.#reader.take();
      }
      this.#deadline.lift();
    }
    switch (message.type) {
      case "download":
        await this.#answer(message.request);
        return true;
      case "unsupported":
        await this.#refuse(message.transaction, "UNSUPPORTED");
        return true;
      case "malformed":
        await this.#refuse(message.transaction, "MALFORMED", message);
        return false;
    }
  }

  async #answer(request: DownloadRequest): Promise<void> {
    const { transaction, kind, exponent } = request;
    if (request.version !== PROTOCOL_VERSION) {
      return await this.#refuse(transaction, "VERSION");
    }
    const content = this.#options.shares.get(request.name);
    if (!content) return await this.#refuse(transaction, "NOT_FOUND");
    if (request.digest && !sameBytes(request.digest, content.metadata.digest)) {
      return await this.#refuse(transaction, "CHANGED");
    }
    switch (kind) {
      case DOWNLOAD_KIND.METADATA:
        return await this.#grant(request, content, 0);
      case DOWNLOAD_KIND.HASHES: {
        if (exponent !== 0 && exponent !== content.metadata.exponent) {
          return await this.#refuse(transaction, "UNSUPPORTED");
        }
        return await this.#sendBytes(request, content, content.pieceHashes);
      }
      case DOWNLOAD_KIND.CONTENT:
        return await this.#sendContent(request, content);
      default:
        return await this.#refuse(transaction, "UNSUPPORTED");
    }
  }

  async #sendBytes(
    request: DownloadRequest,
    content: SharedContent,
    bytes: Uint8Array,
  ): Promise<void> {
    const length = lengthWithin(request, bytes.length);
    if (length === undefined) {
      return await this.#refuse(request.transaction, "RANGE");
    }
    await this.#grant(request, content, length);
    await this.#frame(length, (target, done) => {
      const from = request.offset + done;
      target.set(bytes.subarray(from, from + target.length));
    });
  }

  async #sendContent(
    request: DownloadRequest,
    content: SharedContent,
  ): Promise<void> {
    const { transaction } = request;
    const length = lengthWithin(request, content.metadata.size);
    if (length === undefined || !has(content, request.offset, length)) {
      return await this.#refuse(transaction, "RANGE");
    }
    let file;
    try {
      file = this.#open(content);
    } catch (error) {
      return await this.#refuse(
        transaction,
        error instanceof ChangedError ? "CHANGED" : "UNREADABLE",
      );
    }
    let slot = this.#options.slots.tryAcquire();
    if (!slot) {
      // What is answered already must not wait with this one.
      await this.#writer.flush();
      slot = await this.#slot();
    }
    if (!slot) {
      return await this.#refuse(transaction, "BUSY", {
        retryAfter: BUSY_RETRY_SECONDS,
      });
    }
    try {
      await this.#grant(request, content, length);
      let turn = 0;
      await this.#frame(length, async (target, done) => {
        if (done - turn >= TURN_BYTES && this.#options.slots.isContended) {
          turn = done;
          slot![Symbol.dispose]();
          slot = await this.#options.slots.acquire(this.#address, {
            signal: this.#closing.signal,
          });
        }
        if (length <= SMALL_BYTES) file.readSync(target, request.offset + done);
        else await file.read(target, request.offset + done);
        // A change found here ends the connection before the bytes go out.
        file.check();
      });
    } finally {
      slot[Symbol.dispose]();
      if (length === content.metadata.size) this.#forgetFile();
    }
    this.#options.onSent(content.name, length);
  }

  /** Frames `length` bytes of content, filled in part by part. */
  async #frame(
    length: number,
    fill: (target: Uint8Array, done: number) => void | Promise<void>,
  ): Promise<void> {
    const writer = this.#writer;
    for (let done = 0; done < length;) {
      if (writer.room < 1) await writer.turn();
      const pdus = Math.min(
        writer.room,
        Math.ceil((length - done) / PAYLOAD_BYTES),
      );
      const bytes = Math.min(pdus * PAYLOAD_BYTES, length - done);
      const { pdus: buffer, at } = writer;
      // They are read to where framing, which goes upwards, ends just before
      // them: one buffer, one pass, in the processor's cache.
      const end = at + pdus * PDU_BYTES;
      const content = buffer.bytes.subarray(at + pdus, at + pdus + bytes);
      const filled = fill(content, done);
      if (filled) await filled;
      frameContent(content, buffer.bytes.subarray(at, end));
      writer.advanceTo(end);
      done += bytes;
    }
  }

  async #grant(
    { transaction }: DownloadRequest,
    { metadata }: SharedContent,
    length: number,
  ): Promise<void> {
    const writer = this.#writer;
    if (writer.room < 2) await writer.turn();
    writer.advanceTo(
      encodeGrant(writer.pdus, writer.at, { transaction, length, metadata }),
    );
  }

  async #refuse(
    transaction: Transaction,
    error: ErrorName,
    { retryAfter, text }: { retryAfter?: number; text?: string } = {},
  ): Promise<void> {
    const writer = this.#writer;
    if (writer.room < 1) await writer.turn();
    writer.advanceTo(encodeError(writer.pdus, writer.at, {
      transaction,
      error,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(text !== undefined && { text }),
    }));
    this.#options.onRefused(error, text);
  }

  async #slot() {
    const { slots, timeouts, clock } = this.#options;
    const tooLate = new AbortController();
    const cancel = clock.after(timeouts.slotMs, () => tooLate.abort());
    try {
      return await slots.acquire(this.#address, {
        signal: AbortSignal.any([tooLate.signal, this.#closing.signal]),
      });
    } catch (error) {
      if (!tooLate.signal.aborted) throw error;
      return undefined;
    } finally {
      cancel();
    }
  }

  #open(content: SharedContent): ServedFile {
    const now = this.#options.clock.now();
    if (
      this.#file?.content === content && now - this.#openedAt < REOPEN_MS
    ) {
      this.#file.check();
      return this.#file;
    }
    this.#forgetFile();
    this.#file = ServedFile.open(content);
    this.#openedAt = now;
    return this.#file;
  }

  #forgetFile(): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  #progress(written: number): void {
    if (written === 0) this.#progressMark = 0;
    else if (written - this.#progressMark < MIN_PROGRESS_BYTES) return;
    this.#progressMark = written;
    this.#deadline.set(this.#options.timeouts.progressMs);
  }
}

/** The bytes to send of `size` that there are, or `undefined` where it asks past the end. */
function lengthWithin(
  { offset, length }: DownloadRequest,
  size: number,
): number | undefined {
  if (offset > size) return undefined;
  if (length === Infinity) return size - offset;
  return offset + length <= size ? length : undefined;
}

/** Whether all pieces of a range are there. */
function has(
  { have, metadata }: SharedContent,
  offset: number,
  length: number,
): boolean {
  if (!have || length === 0) return true;
  const pieceBytes = 2 ** metadata.exponent;
  const last = Math.floor((offset + length - 1) / pieceBytes);
  for (let piece = Math.floor(offset / pieceBytes); piece <= last; piece++) {
    if ((have[piece >> 3]! & 0x80 >> (piece & 7)) === 0) return false;
  }
  return true;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
