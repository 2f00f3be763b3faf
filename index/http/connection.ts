/**
 * One HTTP connection: one request, one reply, and a deadline for both.
 *
 * @module
 */

import {
  headEnd,
  HeadError,
  MAX_HEAD_BYTES,
  parseHead,
  type RequestHead,
} from "./request_head.ts";
import {
  errorReply,
  type HttpReply,
  type HttpStream,
  replyHead,
} from "./reply.ts";

/** How long a client may take, in milliseconds. */
export interface Deadlines {
  /** From the connection to the end of the request's head. */
  readonly headMs: number;
  /** For a reply, or a part of a stream, to be taken. */
  readonly writeMs: number;
}

/** Answers a request; the signal is aborted when the client is gone. */
export type Handle = (
  request: RequestHead,
  signal: AbortSignal,
) => HttpReply | HttpStream | Promise<HttpReply | HttpStream>;

/** How long what a client still sends is read, so that it sees the reply. */
const LINGER_MS = 1_000;

/** A connection that was accepted. */
export class HttpConnection {
  /** Whether its request has not come yet. */
  isWaiting = true;
  readonly #conn: Deno.TcpConn;
  readonly #deadlines: Deadlines;
  readonly #gone = new AbortController();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #isStreaming = false;
  #hasEnded = false;

  constructor(conn: Deno.TcpConn, deadlines: Deadlines) {
    this.#conn = conn;
    this.#deadlines = deadlines;
  }

  /** Serves it, and returns when it is closed. It never throws. */
  async serve(handle: Handle): Promise<void> {
    let rest: Promise<void> | undefined;
    try {
      const reply = await this.#request().then(async (request) => {
        if (!request) return undefined;
        this.isWaiting = false;
        rest = this.#watch();
        const answer = await handle(request, this.#gone.signal);
        return { answer, head: request.method === "HEAD" };
      }).catch((error) => {
        if (!(error instanceof HeadError)) throw error;
        this.isWaiting = false;
        rest ??= this.#watch();
        return { answer: errorReply(error.status, error.message), head: false };
      });
      if (!reply) return;
      if ("stream" in reply.answer && !reply.head) {
        this.#isStreaming = true;
        if (this.#hasEnded) this.close();
        let head = replyHead(reply.answer);
        await reply.answer.stream(async (text) => {
          await this.#within(this.#deadlines.writeMs, head + text);
          head = "";
        }, this.#gone.signal);
      } else await this.#reply(reply.answer, reply.head);
      await this.#conn.closeWrite();
      this.#closeAfter(LINGER_MS);
      await rest;
    } catch {
      // The client is gone, or was too slow.
    } finally {
      this.close();
      await rest;
    }
  }

  /** Closes it at once. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.isWaiting = false;
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
  }

  async #request(): Promise<RequestHead | undefined> {
    const buffer = new Uint8Array(MAX_HEAD_BYTES);
    let length = 0;
    const stop = this.#closeAfter(this.#deadlines.headMs);
    for (;;) {
      const read = await this.#conn.read(buffer.subarray(length));
      if (read === null) return undefined;
      length += read;
      const end = headEnd(buffer.subarray(0, length));
      if (end > 0) {
        stop();
        return parseHead(buffer.subarray(0, end));
      }
      if (length === buffer.length) {
        stop();
        throw new HeadError(
          431,
          `The head is longer than ${MAX_HEAD_BYTES} bytes`,
        );
      }
    }
  }

  /** Reads and forgets what follows, until the client is gone. */
  async #watch(): Promise<void> {
    const scrap = new Uint8Array(1_024);
    try {
      while (await this.#conn.read(scrap) !== null);
      // A client may be done sending and still read, but not for ever.
      this.#hasEnded = true;
      if (this.#isStreaming) this.close();
    } catch {
      this.close();
    }
  }

  #reply(reply: HttpReply | HttpStream, head: boolean): Promise<void> {
    const body = "body" in reply ? ENCODER.encode(reply.body) : undefined;
    const text = replyHead(reply, body?.length);
    const bytes = ENCODER.encode(text);
    if (head || !body) return this.#within(this.#deadlines.writeMs, bytes);
    const whole = new Uint8Array(bytes.length + body.length);
    whole.set(bytes);
    whole.set(body, bytes.length);
    return this.#within(this.#deadlines.writeMs, whole);
  }

  async #within(ms: number, what: Uint8Array | string): Promise<void> {
    const bytes = typeof what === "string" ? ENCODER.encode(what) : what;
    const stop = this.#closeAfter(ms);
    try {
      for (let done = 0; done < bytes.length;) {
        done += await this.#conn.write(bytes.subarray(done));
      }
    } finally {
      stop();
    }
  }

  #closeAfter(ms: number): () => void {
    const timer = setTimeout(() => this.close(), ms);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }
}

const ENCODER = new TextEncoder();
