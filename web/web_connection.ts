/**
 * One connection of a browser: one request, one answer, and a deadline for
 * each step of both.
 *
 * @module
 */

import { requestBody } from "./request_body.ts";
import {
  headEnd,
  HeadError,
  MAX_HEAD_BYTES,
  parseHead,
  type RequestHead,
} from "./request_head.ts";
import { isEvents, responseHead } from "./response_head.ts";

/** How long a client may take, in milliseconds. */
export interface Deadlines {
  /** From the connection to the end of the request's head. */
  readonly headMs: number;
  /** For the next part of a request's body to come, once it is wanted. */
  readonly bodyMs: number;
  /** For an answer, or the next of its events, to be taken. */
  readonly writeMs: number;
}

/** How long what a client still sends is read, so that it sees the answer. */
const LINGER_MS = 1_000;

/** A connection that was accepted. */
export class WebConnection {
  /** Whether its request has not come yet. */
  isWaiting = true;
  readonly #conn: Deno.TcpConn;
  readonly #deadlines: Deadlines;
  readonly #gone = new AbortController();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Reads what nobody wants, so that a client that goes is noticed. */
  #watch: Promise<void> | undefined;
  #isStreaming = false;
  #hasEnded = false;

  constructor(conn: Deno.TcpConn, deadlines: Deadlines) {
    this.#conn = conn;
    this.#deadlines = deadlines;
  }

  /** Serves it, and returns when it is closed. It never throws. */
  async serve(handle: (request: Request) => Promise<Response>): Promise<void> {
    try {
      const answered = await this.#answer(handle);
      if (!answered) return;
      await this.#send(answered.response, answered.isHead);
      await this.#conn.closeWrite();
      this.#closeAfter(LINGER_MS);
      await this.#watchFromNow();
    } catch {
      // The client is gone, or was too slow.
    } finally {
      this.close();
      await this.#watch;
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

  async #answer(
    handle: (request: Request) => Promise<Response>,
  ): Promise<{ response: Response; isHead: boolean } | undefined> {
    try {
      const read = await this.#head();
      if (!read) return undefined;
      const { head } = read;
      const request = this.#request(head, read.rest);
      const response = await handle(request);
      return { response, isHead: head.method === "HEAD" };
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      const response = new Response(`${error.message}\n`, {
        status: error.status,
        headers: { "content-type": "text/plain; charset=utf-8" },
      });
      return { response, isHead: false };
    }
  }

  /** Reads up to the end of the head, and what came with it. */
  async #head(): Promise<
    { head: RequestHead; rest: Uint8Array<ArrayBuffer> } | undefined
  > {
    const buffer = new Uint8Array(MAX_HEAD_BYTES);
    const stop = this.#closeAfter(this.#deadlines.headMs);
    for (let length = 0;;) {
      const read = await this.#conn.read(buffer.subarray(length));
      if (read === null) return undefined;
      length += read;
      const end = headEnd(buffer.subarray(0, length));
      if (end < 0 && length < buffer.length) continue;
      stop();
      this.isWaiting = false;
      if (end < 0) {
        throw new HeadError(
          431,
          `The head is longer than ${MAX_HEAD_BYTES} bytes`,
        );
      }
      const head = parseHead(buffer.subarray(0, end));
      return { head, rest: buffer.slice(end, length) };
    }
  }

  #request(
    { method, target, fields, bodyBytes }: RequestHead,
    rest: Uint8Array<ArrayBuffer>,
  ): Request {
    const hasBody = bodyBytes > 0;
    if (!hasBody) void this.#watchFromNow();
    // Who is meant is in `Host`, to be checked there: no part of the address.
    return new Request(`http://host${target}`, {
      method,
      headers: fields,
      signal: this.#gone.signal,
      ...(hasBody && {
        body: requestBody({
          first: rest.subarray(0, bodyBytes),
          bytes: bodyBytes,
          read: (buffer) =>
            this.#within(
              this.#deadlines.bodyMs,
              () => this.#conn.read(buffer),
            ),
          onEnd: () => void this.#watchFromNow(),
        }),
      }),
    });
  }

  async #send(response: Response, isHead: boolean): Promise<void> {
    const { body } = response;
    if (body && isEvents(response)) {
      const head = ENCODER.encode(responseHead(response));
      if (!isHead) return await this.#stream(head, body);
      // A stream that nobody reads must not take a place.
      await body.cancel();
      return await this.#write(head);
    }
    const bytes = await response.bytes();
    const head = ENCODER.encode(responseHead(response, bytes.length));
    if (isHead) return await this.#write(head);
    const whole = new Uint8Array(head.length + bytes.length);
    whole.set(head);
    whole.set(bytes, head.length);
    await this.#write(whole);
  }

  async #stream(
    head: Uint8Array,
    body: ReadableStream<Uint8Array>,
  ): Promise<void> {
    const { signal } = this.#gone;
    const reader = body.getReader();
    const stop = () => void reader.cancel().catch(() => {});
    signal.addEventListener("abort", stop);
    this.#isStreaming = true;
    if (this.#hasEnded) this.close();
    try {
      await this.#write(head);
      for (;;) {
        signal.throwIfAborted();
        const { value, done } = await reader.read();
        if (done) return;
        await this.#write(value);
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  #watchFromNow(): Promise<void> {
    return this.#watch ??= this.#forgetWhatComes();
  }

  async #forgetWhatComes(): Promise<void> {
    const scrap = new Uint8Array(16_384);
    try {
      while (await this.#conn.read(scrap) !== null);
      // A client may be done sending and still read, but not for ever.
      this.#hasEnded = true;
      if (this.#isStreaming) this.close();
    } catch {
      this.close();
    }
  }

  #write(bytes: Uint8Array): Promise<void> {
    return this.#within(this.#deadlines.writeMs, async () => {
      for (let done = 0; done < bytes.length;) {
        done += await this.#conn.write(bytes.subarray(done));
      }
    });
  }

  async #within<T>(ms: number, work: () => Promise<T>): Promise<T> {
    const stop = this.#closeAfter(ms);
    try {
      return await work();
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
