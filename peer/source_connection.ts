/**
 * A connection to a source: requests go out ahead, answers come in order.
 *
 * @module
 */

import {
  type DownloadFields,
  encodeDownload,
  MAX_DOWNLOAD_PDUS,
} from "../protocol/download.ts";
import type { Transaction } from "../protocol/message.ts";
import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";
import { PDU_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { AnswerReader, READ_BYTES } from "./answer_reader.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import {
  type Connect,
  connectTcp,
  connectTo,
  type SourceStream,
} from "./connect.ts";
import { Deadline } from "./deadline.ts";
import { writeAll } from "./pdu_stream.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { Source } from "./source.ts";
import { SourceError } from "./source_error.ts";
import { closed, faultOf, refusal } from "./source_faults.ts";

/** How long a source is waited for, in milliseconds. */
export interface SourceTimeouts {
  /** For the connection; 10 s if left out. */
  readonly connectMs: number;
  /** For the next 16 KiB of an answer, or its end; 30 s if left out. */
  readonly progressMs: number;
}

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
  & Omit<DownloadFields, "transaction" | "peer" | "name" | "length">
  & {
    /** In bytes: the grant must be for exactly as many. */
    readonly length: number;
    /** Another name than the source's own. */
    readonly name?: ContentName;
  };

const DEFAULT_TIMEOUTS: SourceTimeouts = {
  connectMs: 10_000,
  progressMs: 30_000,
};

/** What must come before the deadline is moved, in bytes: one at a time is no progress. */
const MIN_PROGRESS_BYTES = 16_384;

/** Room for the requests that go out together; it grows when it must. */
const REQUEST_BYTES = 4 * MAX_DOWNLOAD_PDUS * PDU_BYTES;

/** Asks one source, and reads what it answers. */
export class SourceConnection implements Disposable {
  /** The source. */
  readonly source: Source;
  readonly #stream: SourceStream;
  readonly #options: SourceConnectionOptions;
  readonly #progressMs: number;
  readonly #reader: AnswerReader;
  readonly #deadline: Deadline;
  readonly #asked: { transaction: Transaction; length: number }[] = [];
  #transaction = 0;
  #requests = new PduBuffer(new Uint8Array(REQUEST_BYTES));
  #spare = new PduBuffer(new Uint8Array(REQUEST_BYTES));
  #requestsEnd = 0;
  #receivedBytes = 0;
  #progressBytes = 0;
  #sending: Promise<void> | undefined;
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
    this.#progressMs = { ...DEFAULT_TIMEOUTS, ...options.timeouts }.progressMs;
    this.#reader = new AnswerReader(stream);
    this.#deadline = new Deadline(options.clock ?? SYSTEM_CLOCK, () => {
      const seconds = this.#progressMs / 1_000;
      const bytes = this.#progressBytes;
      const text = bytes === 0
        ? `sent nothing for ${seconds} s`
        : `sent no more than ${bytes} bytes in ${seconds} s`;
      this.fail(new SourceError("stalled", text));
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
    const { connectMs } = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    const stream = await connectTo(source, {
      connect: options.connect ?? connectTcp,
      connectMs,
      clock: options.clock ?? SYSTEM_CLOCK,
      signal: options.signal,
    });
    return new SourceConnection(source, stream, options);
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  /** Bytes of answers that came. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Why it was closed before its end, where it was. */
  get fault(): SourceError | undefined {
    return this.#broken;
  }

  /** Asks; the answer comes after those of all earlier requests. */
  request(request: SourceRequest): void {
    if (this.#closed) return;
    const transaction = this.#transaction = this.#transaction + 1 >>> 0;
    this.#requests = withRoom(this.#requests, this.#requestsEnd);
    this.#requestsEnd = encodeDownload(this.#requests, this.#requestsEnd, {
      name: this.source.name,
      ...request,
      transaction,
      peer: this.#options.peer,
    });
    this.#asked.push({ transaction, length: request.length });
    this.#sending ??= this.#send();
  }

  /**
   * Waits for the answer to the oldest request. Where it grants bytes, they
   * must be read next.
   *
   * @returns What the source says that the content is.
   * @throws {SourceError} Where it refuses, or breaks the protocol. Where it
   * refuses, the connection goes on.
   */
  async grant(): Promise<Metadata> {
    const answer = await this.#guard(() =>
      this.#reader.grant(this.#asked.shift()!)
    );
    if ("size" in answer) return answer;
    throw refusal(answer);
  }

  /**
   * Takes the answer to the oldest request where it is a whole content and has
   * come already.
   *
   * @param metadata What the content is.
   * @param target Where it goes: exactly as long.
   * @returns Whether it was there; if not, one has to wait for
   * {@linkcode SourceConnection.comesWhole}.
   * @throws {SourceError} Where it breaks the protocol.
   */
  takeWhole(metadata: Metadata, target: Uint8Array): boolean {
    if (this.#closed || this.#options.limit) return false;
    try {
      const { transaction } = this.#asked[0]!;
      if (!this.#reader.takeWhole(transaction, metadata, target)) return false;
      this.#asked.shift();
      return true;
    } catch (error) {
      this.fail(faultOf(error));
      throw this.#broken;
    }
  }

  /**
   * Waits until the answer to the oldest request has come as a whole.
   *
   * @param length Of the content that was asked for, in bytes.
   * @returns Whether {@linkcode SourceConnection.takeWhole} may have it by now;
   * if not, it is to be read with {@linkcode SourceConnection.grant}.
   * @throws {SourceError} Where it does not come.
   */
  async comesWhole(length: number): Promise<boolean> {
    if (this.#options.limit) return false;
    return await this.#guard(() =>
      this.#reader.comesWhole(length, (bytes) => this.#progress(bytes))
    );
  }

  /**
   * Reads granted content into the start of `target`, which is overwritten up
   * to `READ_SLACK_BYTES` after it.
   *
   * @throws {SourceError} Where it does not all come.
   */
  async read(target: Uint8Array, length: number): Promise<void> {
    const { limit, signal } = this.#options;
    await this.#guard(() =>
      this.#reader.content(target, {
        length,
        most: limit?.portion(READ_BYTES) ?? READ_BYTES,
        onRead: limit
          ? async (bytes) => {
            // Who is held up by us is not late.
            const { leftMs } = this.#deadline;
            this.#deadline.lift();
            await limit.take(bytes, { signal });
            this.#deadline.set(leftMs);
            this.#progress(bytes);
          }
          : (bytes) => this.#progress(bytes),
      })
    );
  }

  /** Closes the connection; whoever waits for it is told why. */
  fail(error: SourceError): void {
    this.#broken ??= error;
    this.#close();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#close();
  }

  #progress(bytes: number): void {
    this.#receivedBytes += bytes;
    this.#progressBytes += bytes;
    if (this.#progressBytes < MIN_PROGRESS_BYTES) return;
    this.#progressBytes = 0;
    this.#deadline.set(this.#progressMs);
  }

  readonly #onAbort = () => this.#close();

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#deadline[Symbol.dispose]();
    this.#stream.close();
  }

  /** Sends the requests that are there, and those that come meanwhile. */
  async #send(): Promise<void> {
    // Requests that are made in one go, go out in one go.
    await Promise.resolve();
    try {
      while (this.#requestsEnd > 0) {
        const { bytes } = this.#requests;
        const end = this.#requestsEnd;
        this.#requests = this.#spare;
        this.#requestsEnd = 0;
        await writeAll(this.#stream, bytes.subarray(0, end));
        this.#spare = new PduBuffer(bytes);
      }
    } catch (cause) {
      this.fail(closed(cause));
    } finally {
      this.#sending = undefined;
    }
  }

  async #guard<T>(read: () => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    try {
      if (this.#broken) throw this.#broken;
      signal.throwIfAborted();
      this.#progressBytes = 0;
      this.#deadline.set(this.#progressMs);
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      this.fail(faultOf(error));
      throw this.#broken;
    } finally {
      this.#deadline.lift();
    }
  }
}

/** A buffer with room for one more request after `end`: this one, or a larger copy. */
function withRoom(pdus: PduBuffer, end: number): PduBuffer {
  if (end + MAX_DOWNLOAD_PDUS * PDU_BYTES <= pdus.bytes.length) return pdus;
  const larger = new Uint8Array(2 * pdus.bytes.length);
  larger.set(pdus.bytes);
  return new PduBuffer(larger);
}
