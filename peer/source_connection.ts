/**
 * A connection to a source: requests go out ahead, answers come in order.
 *
 * @module
 */

import { unframeContent } from "../protocol/content.ts";
import {
  decodeGrant,
  type DownloadFields,
  encodeDownload,
  MAX_DOWNLOAD_PDUS,
} from "../protocol/download.ts";
import { ERROR_CODES } from "../protocol/error_code.ts";
import { decodeError, type ErrorReply } from "../protocol/error_reply.ts";
import { NAME } from "../protocol/layout.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { type ContentName, type PeerName, quote } from "../protocol/name.ts";
import {
  isContinuation,
  PAYLOAD_BYTES,
  PDU_BYTES,
  PDU_TYPE,
  ProtocolError,
} from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import {
  type ByteStream,
  PduReader,
  StreamEndError,
  writeAll,
} from "./pdu_stream.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { Source } from "./source.ts";
import { SourceError } from "./source_error.ts";

/** How long a source is waited for, in milliseconds. */
export interface SourceTimeouts {
  /** For the connection; 10 s if left out. */
  readonly connectMs: number;
  /** For the next bytes of an answer; 30 s if left out. */
  readonly progressMs: number;
}

/** A connection that can be closed. */
export type SourceStream = ByteStream & { close(): void };

/** Opens a connection. */
export type Connect = (options: {
  readonly hostname: string;
  readonly port: number;
  readonly signal: AbortSignal;
}) => Promise<SourceStream>;

/** How a source is connected to. */
export interface SourceConnectionOptions {
  /** The name of the asking peer. */
  readonly peer: PeerName;
  readonly connect?: Connect | undefined;
  readonly timeouts?: Partial<SourceTimeouts> | undefined;
  /** The limit on all that is received. */
  readonly limit?: RateLimit | undefined;
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
}

/** What is asked of a source. */
export type SourceRequest =
  & Omit<
    DownloadFields,
    "transaction" | "peer" | "name" | "length"
  >
  & {
    /** In bytes: the grant must be for exactly as many. */
    readonly length: number;
    /** Another name than the source's own. */
    readonly name?: ContentName;
  };

/**
 * Room that a buffer must have after the content that is read into it, in
 * bytes: framed content is longer, by one byte in a hundred.
 */
export const READ_SLACK_BYTES = 16_384;

/** The most that is read at once, in bytes: more leaves the processor's cache. */
const READ_BYTES = 524_288;

const BUFFER_BYTES = 640 * PDU_BYTES;

/** Continuations that are skipped before an answer is no answer any more. */
const MAX_SKIPPED = 64;

const DEFAULT_TIMEOUTS: SourceTimeouts = {
  connectMs: 10_000,
  progressMs: 30_000,
};

/** Opens TCP connections; small requests are sent without delay. */
export async function connectTcp(
  options: { hostname: string; port: number; signal: AbortSignal },
): Promise<SourceStream> {
  const conn = await Deno.connect(options);
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  return conn;
}

/** Asks one source, and reads what it answers. */
export class SourceConnection implements Disposable {
  /** The source. */
  readonly source: Source;
  readonly #stream: SourceStream;
  readonly #options: SourceConnectionOptions;
  readonly #timeouts: SourceTimeouts;
  readonly #reader: PduReader;
  readonly #deadline: Deadline;
  readonly #requests = new PduBuffer(
    new Uint8Array(MAX_DOWNLOAD_PDUS * PDU_BYTES),
  );
  readonly #asked: { transaction: number; request: SourceRequest }[] = [];
  #transaction = 0;
  #sending: Promise<void> = Promise.resolve();
  #broken: SourceError | undefined;
  #closed = false;

  private constructor(
    source: Source,
    stream: SourceStream,
    options: SourceConnectionOptions,
  ) {
    this.source = source;
    this.#stream = stream;
    this.#options = options;
    this.#timeouts = timeoutsOf(options);
    this.#reader = new PduReader(stream, { bufferBytes: BUFFER_BYTES });
    this.#deadline = new Deadline(options.clock ?? SYSTEM_CLOCK, () => {
      const seconds = this.#timeouts.progressMs / 1_000;
      this.#break(
        new SourceError("stalled", `sent nothing for ${seconds} s`),
      );
    });
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Connects to a source.
   *
   * @throws {SourceError} Where no connection comes about in time.
   * @throws Whatever the signal was aborted with.
   */
  static async open(
    source: Source,
    options: SourceConnectionOptions,
  ): Promise<SourceConnection> {
    const { signal, connect = connectTcp, clock = SYSTEM_CLOCK } = options;
    signal.throwIfAborted();
    const { connectMs } = timeoutsOf(options);
    const tooLate = new AbortController();
    const cancel = clock.after(connectMs, () => tooLate.abort());
    try {
      const { hostname, port } = source;
      const stream = await connect({
        hostname,
        port,
        signal: AbortSignal.any([signal, tooLate.signal]),
      });
      if (signal.aborted) {
        stream.close();
        throw signal.reason;
      }
      return new SourceConnection(source, stream, options);
    } catch (cause) {
      signal.throwIfAborted();
      const reason = tooLate.signal.aborted
        ? `it did not answer for ${connectMs / 1_000} s`
        : cause instanceof Error
        ? cause.message
        : String(cause);
      throw new SourceError("unreachable", `cannot be reached (${reason})`, {
        cause,
      });
    } finally {
      cancel();
    }
  }

  /** Requests that are not answered yet. */
  get outstanding(): number {
    return this.#asked.length;
  }

  /** Asks; the answer comes after those of all earlier requests. */
  request(request: SourceRequest): void {
    if (this.#closed) return;
    const transaction = this.#transaction = this.#transaction + 1 >>> 0;
    const end = encodeDownload(this.#requests, 0, {
      name: this.source.name,
      ...request,
      transaction,
      peer: this.#options.peer,
    });
    this.#asked.push({ transaction, request });
    const bytes = this.#requests.bytes.slice(0, end);
    this.#sending = this.#sending.then(() => writeAll(this.#stream, bytes))
      .catch((cause) => this.#break(closed(cause)));
  }

  /**
   * Waits for the answer to the oldest request. Where it grants bytes, they
   * must be read next.
   *
   * @returns What the source says that the content is.
   * @throws {SourceError} Where it refuses, or breaks the protocol.
   */
  async grant(): Promise<Metadata> {
    return await this.#guard(() => this.#readGrant());
  }

  /**
   * Reads granted content into the start of `target`, which is overwritten up
   * to {@linkcode READ_SLACK_BYTES} after it.
   *
   * @throws {SourceError} Where it does not all come.
   */
  async read(target: Uint8Array, length: number): Promise<void> {
    return await this.#guard(() => this.#readContent(target, length));
  }

  /** Closes the connection; whoever waits for it is told why. */
  fail(error: SourceError): void {
    this.#break(error);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#close();
  }

  readonly #onAbort = () => this.#close();

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#deadline[Symbol.dispose]();
    this.#stream.close();
  }

  #break(error: SourceError): void {
    this.#broken ??= error;
    this.#close();
  }

  async #guard<T>(read: () => Promise<T>): Promise<T> {
    try {
      if (this.#broken) throw this.#broken;
      this.#options.signal.throwIfAborted();
      this.#deadline.set(this.#timeouts.progressMs);
      return await read();
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (this.#broken) throw this.#broken;
      this.#break(faultOf(error));
      throw this.#broken;
    } finally {
      this.#deadline.lift();
    }
  }

  async #readGrant(): Promise<Metadata> {
    const reader = this.#reader;
    const { pdus } = reader;
    for (let skipped = 0;; skipped++) {
      if (skipped > MAX_SKIPPED) {
        throw new ProtocolError("it sent continuations of nothing");
      }
      if (!await reader.fill(1)) throw new StreamEndError(NOTHING);
      if (!isContinuation(pdus.type(reader.start))) break;
      reader.skip(PDU_BYTES);
    }
    const { transaction, request } = this.#asked.shift()!;
    const type = pdus.type(reader.start);
    const answered = pdus.u32(reader.start, NAME.transaction);
    if (type === PDU_TYPE.ERROR) {
      const { start } = reader;
      throw refusal(decodeError(pdus, { start, end: start + PDU_BYTES }));
    }
    if (type !== PDU_TYPE.ACK || answered !== transaction) {
      throw new ProtocolError("it sent something that is no answer");
    }
    const end = await this.#metadataEnd();
    const { start } = reader;
    const { length, metadata } = decodeGrant(pdus, { start, end });
    if (length !== request.length) {
      throw new ProtocolError(
        `it granted ${length} bytes where ${request.length} were asked for`,
      );
    }
    reader.skip(end - start);
    return metadata;
  }

  /** Waits for the `m` of a grant, past continuations that are not known. */
  async #metadataEnd(): Promise<number> {
    const reader = this.#reader;
    for (let pdus = 2; pdus <= MAX_SKIPPED; pdus++) {
      if (!await reader.fill(pdus)) throw new StreamEndError(NOTHING);
      const at = reader.start + (pdus - 1) * PDU_BYTES;
      const type = reader.pdus.type(at);
      if (type === PDU_TYPE.METADATA) return at + PDU_BYTES;
      if (!isContinuation(type)) break;
    }
    throw new ProtocolError("its grant does not say what the content is");
  }

  async #readContent(bytes: Uint8Array, length: number): Promise<void> {
    const reader = this.#reader;
    const raw = Math.ceil(length / PAYLOAD_BYTES) * PDU_BYTES;
    // Framed bytes come in at `end`; content is moved down to `done`, in place.
    let done = 0;
    let end = 0;
    let left = raw;
    while (left > 0) {
      const room = bytes.subarray(
        end,
        Math.min(bytes.length, end + Math.min(left, READ_BYTES)),
      );
      const count = reader.unread > 0
        ? reader.drain(room)
        : await reader.readInto(room);
      if (count === null) {
        throw new StreamEndError({ received: raw - left, wanted: raw });
      }
      this.#deadline.set(this.#timeouts.progressMs);
      left -= count;
      end += count;
      const pdus = Math.floor((end - done) / PDU_BYTES);
      const rest = done + pdus * PDU_BYTES;
      const next = done + pdus * PAYLOAD_BYTES;
      unframeContent(bytes.subarray(done, rest), bytes.subarray(done, next));
      done = next;
      bytes.copyWithin(done, rest, end);
      end = done + end - rest;
      const { limit, signal } = this.#options;
      if (limit) await limit.take(count, { signal });
    }
  }
}

const NOTHING = { received: 0, wanted: PDU_BYTES };

function timeoutsOf(
  { timeouts }: Pick<SourceConnectionOptions, "timeouts">,
): SourceTimeouts {
  return { ...DEFAULT_TIMEOUTS, ...timeouts };
}

function faultOf(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof ProtocolError) {
    return new SourceError("lied", `broke the protocol: ${error.message}`, {
      cause: error,
    });
  }
  return closed(error);
}

function closed(cause: unknown): SourceError {
  return new SourceError("closed", "closed the connection too early", {
    cause,
  });
}

function refusal({ error, text, retryAfter }: ErrorReply): SourceError {
  const said = `answered ${quote(text)}`;
  switch (error) {
    case "CHANGED":
      return new SourceError("changed", said);
    case "BUSY":
      return new SourceError("busy", said, {
        retryAfterMs: retryAfter * 1_000,
      });
    case undefined:
      return new SourceError("refused", said);
    default:
      return new SourceError(
        "refused",
        `${said}; ${ERROR_CODES[error].remedy}`,
      );
  }
}
