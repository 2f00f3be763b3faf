/**
 * One client of a content server.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import type { ByteStream } from "./pdu_stream.ts";
import type { RateLimit } from "./rate_limit.ts";
import { RequestReader } from "./request_reader.ts";
import { Responder, type ResponderOptions } from "./responder.ts";
import { ResponseWriter } from "./response_writer.ts";
import type { SendBuffers } from "./send_buffers.ts";

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
export interface ServedConnectionOptions
  extends Omit<ResponderOptions, "slotMs" | "signal"> {
  readonly buffers: SendBuffers;
  readonly limit?: RateLimit | undefined;
  readonly timeouts: ServerTimeouts;
  readonly clock: Clock;
}

/** A connection of a client. */
export type ClientStream = ByteStream & { close(): void };

/** What a client must at least take before its deadline is moved, in bytes. */
const MIN_PROGRESS_BYTES = 16_384;

/** Answers the requests of one client, in order, until it closes or breaks the rules. */
export class ServedConnection {
  readonly #stream: ClientStream;
  readonly #timeouts: ServerTimeouts;
  readonly #reader: RequestReader;
  readonly #writer: ResponseWriter;
  readonly #responder: Responder;
  readonly #deadline: Deadline;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #progressMark = 0;
  #waitsSince: number | undefined;

  /**
   * @param stream The connection; it is closed in the end.
   * @param options The client's address, and what it shares with others.
   */
  constructor(
    stream: ClientStream,
    options: ServedConnectionOptions,
  ) {
    this.#stream = stream;
    this.#timeouts = options.timeouts;
    this.#clock = options.clock;
    this.#deadline = new Deadline(options.clock, () => this.close());
    this.#reader = new RequestReader(stream);
    this.#writer = new ResponseWriter(stream, {
      buffers: options.buffers,
      limit: options.limit,
      address: options.address,
      signal: this.#closing.signal,
      onProgress: (written) => this.#progress(written),
      onSent: () => this.#deadline.lift(),
    });
    this.#responder = new Responder(this.#writer, {
      ...options,
      slotMs: options.timeouts.slotMs,
      signal: this.#closing.signal,
    });
  }

  /** How long its client has asked for nothing, in milliseconds; 0 where it is served. */
  get idleMs(): number {
    return this.#waitsSince === undefined
      ? 0
      : this.#clock.now() - this.#waitsSince;
  }

  /** Closes the connection; what runs on it ends. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#waitsSince = undefined;
    this.#closing.abort(new Error("The connection was closed"));
    this.#stream.close();
  }

  /** Serves the client. Returns when the connection is closed, whoever closed it. */
  async run(): Promise<void> {
    const { handshakeMs, idleMs } = this.#timeouts;
    try {
      for (let waitMs = handshakeMs; await this.#next(waitMs); waitMs = idleMs);
      await this.#writer.flush();
    } catch {
      // Whatever broke the connection, nobody is left who could be told.
    } finally {
      this.close();
      this.#deadline[Symbol.dispose]();
      await this.#writer.abandon();
      this.#responder[Symbol.dispose]();
    }
  }

  /** Answers the next message. Returns whether another may follow. */
  async #next(waitMs: number): Promise<boolean> {
    let message = this.#reader.take();
    while (
      message?.type === "download" &&
      this.#responder.answerNow(message.request)
    ) message = this.#reader.take();
    if (!message) {
      // Nothing more to answer for now: what is answered must go out first.
      await this.#writer.flush();
      this.#deadline.set(waitMs);
      this.#waitsSince = this.#clock.now();
      while (!message) {
        if (!await this.#reader.wait()) return false;
        message = this.#reader.take();
      }
      this.#waitsSince = undefined;
      this.#deadline.lift();
    }
    switch (message.type) {
      case "download":
        await this.#responder.answer(message.request);
        return true;
      case "foreign":
        await this.#responder.refuse(message.transaction, message.error);
        return true;
      case "malformed":
        await this.#responder.refuse(message.transaction, "MALFORMED", message);
        return false;
    }
  }

  #progress(written: number): void {
    if (written === 0) this.#progressMark = 0;
    else if (written - this.#progressMark < MIN_PROGRESS_BYTES) return;
    this.#progressMark = written;
    this.#deadline.set(this.#timeouts.progressMs);
  }
}
