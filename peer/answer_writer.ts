/**
 * Answers of a content server, as they are written.
 *
 * @module
 */

import { frameContent } from "../protocol/content.ts";
import { encodeGrant, type Grant } from "../protocol/download.ts";
import type { ErrorName } from "../protocol/error_code.ts";
import { encodeError } from "../protocol/error_reply.ts";
import type { Transaction } from "../protocol/message.ts";
import { PAYLOAD_BYTES, PDU_BYTES } from "../protocol/pdu.ts";
import type { ResponseWriter } from "./response_writer.ts";

/** What an `E` may say besides its code. */
export interface RefusalDetails {
  /** In seconds. */
  readonly retryAfter?: number;
  readonly text?: string;
}

/** Writes one answer after the other; each waits where there is no room. */
export class AnswerWriter {
  readonly #writer: ResponseWriter;

  /** Writes them there. */
  constructor(writer: ResponseWriter) {
    this.#writer = writer;
  }

  /** Sends all that there is, and waits until it is gone. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Writes an `A` with its `m`. */
  async grant(grant: Grant): Promise<void> {
    const writer = this.#writer;
    if (writer.room < 2) await writer.turn();
    writer.advanceTo(encodeGrant(writer.pdus, writer.at, grant));
  }

  /** Writes an `E`. */
  async error(
    transaction: Transaction,
    error: ErrorName,
    { retryAfter, text }: RefusalDetails,
  ): Promise<void> {
    const writer = this.#writer;
    if (writer.room < 1) await writer.turn();
    writer.advanceTo(encodeError(writer.pdus, writer.at, {
      transaction,
      error,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(text !== undefined && { text }),
    }));
  }

  /** Writes `length` bytes of content, filled in part by part. */
  async content(
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
      const { at } = writer;
      const content = this.#target(at, bytes);
      const filled = fill(content, done);
      if (filled) await filled;
      this.#frame(at, content);
      done += bytes;
    }
  }

  /**
   * Writes a grant with all of its content, where there is room for it.
   *
   * @returns Whether there was.
   * @throws What `fill` throws; nothing is written then.
   */
  wholeNow(grant: Grant, fill: (target: Uint8Array) => void): boolean {
    const writer = this.#writer;
    const { length } = grant;
    if (writer.room < 2 + Math.ceil(length / PAYLOAD_BYTES)) return false;
    const at = encodeGrant(writer.pdus, writer.at, grant);
    const content = this.#target(at, length);
    fill(content);
    this.#frame(at, content);
    return true;
  }

  /**
   * Where content is put that is framed at `at`: where framing, which goes
   * upwards, ends just before it. One buffer, one pass, in the processor's cache.
   */
  #target(at: number, length: number): Uint8Array {
    const start = at + Math.ceil(length / PAYLOAD_BYTES);
    return this.#writer.pdus.bytes.subarray(start, start + length);
  }

  #frame(at: number, content: Uint8Array): void {
    const end = at + Math.ceil(content.length / PAYLOAD_BYTES) * PDU_BYTES;
    frameContent(content, this.#writer.pdus.bytes.subarray(at, end));
    this.#writer.advanceTo(end);
  }
}
