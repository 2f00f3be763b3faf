/**
 * The way out of a content server's connection: one buffer is filled while the
 * other is on its way.
 *
 * @module
 */

import { PDU_BYTES } from "../protocol/pdu.ts";
import type { PduBuffer } from "../protocol/pdu_buffer.ts";
import { type ByteStream, writeAll } from "./pdu_stream.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { BufferPair, SendBuffers } from "./send_buffers.ts";

/** What a response writer works with. */
export interface ResponseWriterOptions {
  /** Where the buffers come from. */
  readonly buffers: SendBuffers;
  /** The limit of the whole server, where it has one. */
  readonly limit?: RateLimit | undefined;
  /** Who is sent to: an address. */
  readonly address: string;
  /** Is told how many bytes of a buffer the client has taken so far. */
  readonly onProgress: (written: number) => void;
  /** Is told when the client has taken the whole of it. */
  readonly onSent: () => void;
  readonly signal: AbortSignal;
}

/** Collects PDUs and sends them, in order. */
export class ResponseWriter {
  readonly #stream: ByteStream;
  readonly #options: ResponseWriterOptions;
  #pair: BufferPair | undefined;
  #at = 0;
  #writing: Promise<void> | undefined;

  /** Writes to this connection. */
  constructor(stream: ByteStream, options: ResponseWriterOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** The buffer to write PDUs into, from {@linkcode ResponseWriter.at} on. */
  get pdus(): PduBuffer {
    this.#pair ??= this.#options.buffers.lend();
    return this.#pair[0];
  }

  /** Where the next PDU goes. */
  get at(): number {
    return this.#at;
  }

  /** PDUs that fit before the next {@linkcode ResponseWriter.turn}. */
  get room(): number {
    const bytes = this.pdus.bytes.length;
    const most = this.#options.limit?.portion(bytes) ?? bytes;
    // However low the limit, a grant and a PDU of content must fit.
    const whole = Math.max(3, Math.floor(most / PDU_BYTES));
    return whole - this.#at / PDU_BYTES;
  }

  /** Takes what was written up to `end` as ready to be sent. */
  advanceTo(end: number): void {
    this.#at = end;
  }

  /**
   * Waits until the other buffer is sent, starts sending this one, and goes on
   * with the other.
   *
   * @throws Whatever broke the connection.
   */
  async turn(): Promise<void> {
    await this.#writing;
    if (!this.#pair || this.#at === 0) return;
    const [full, empty] = this.#pair;
    this.#writing = this.#send(full.bytes.subarray(0, this.#at));
    // Its failure is met at the next turn; until then nobody waits for it.
    this.#writing.catch(() => {});
    this.#pair = [empty, full];
    this.#at = 0;
  }

  /** Sends all that there is, waits until it is gone, and gives the buffers back. */
  async flush(): Promise<void> {
    await this.turn();
    await this.#writing;
    this.#writing = undefined;
    this.#giveBack();
  }

  /** Gives the buffers back when the connection is closed, sent or not. */
  async abandon(): Promise<void> {
    await this.#writing?.catch(() => {});
    this.#writing = undefined;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#pair) this.#options.buffers.takeBack(this.#pair);
    this.#pair = undefined;
    this.#at = 0;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { limit, address, onProgress, onSent, signal } = this.#options;
    await limit?.take(bytes.length, { key: address, signal });
    onProgress(0);
    await writeAll(this.#stream, bytes, { onProgress });
    onSent();
  }
}
