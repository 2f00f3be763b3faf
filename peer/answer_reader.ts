/**
 * Answers of a content server, as its client reads them.
 *
 * @module
 */

import { framedBytes, unframeContent } from "../protocol/content.ts";
import { decodeGrant, grantsWhole } from "../protocol/download.ts";
import { decodeError, type ErrorReply } from "../protocol/error_reply.ts";
import { NAME } from "../protocol/layout.ts";
import type { Transaction } from "../protocol/message.ts";
import type { Metadata } from "../protocol/metadata.ts";
import {
  isContinuation,
  PAYLOAD_BYTES,
  PDU_BYTES,
  PDU_TYPE,
  ProtocolError,
} from "../protocol/pdu.ts";
import { type ByteStream, PduReader, StreamEndError } from "./pdu_stream.ts";

/**
 * Room that a buffer must have after the content that is read into it, in
 * bytes: framed content is longer, by one byte in a hundred.
 */
export const READ_SLACK_BYTES = 16_384;

/** The most that is read at once, in bytes: more leaves the processor's cache. */
export const READ_BYTES = 524_288;

/** Answers and small contents are read through a buffer of this size. */
const BUFFER_BYTES = 640 * PDU_BYTES;

/** An `A` with its `m`. */
const GRANT_BYTES = 2 * PDU_BYTES;

/** Continuations that are skipped before an answer is no answer any more. */
const MAX_SKIPPED = 64;

/** How content is read. */
export interface ReadContentOptions {
  /** Bytes of content. */
  readonly length: number;
  /** The most to read at once, in bytes. */
  readonly most: number;
  /** Is told how many bytes came each time, before more are read. */
  readonly onRead: (bytes: number) => Promise<void> | void;
}

/** Reads one answer after the other from a connection. */
export class AnswerReader {
  readonly #reader: PduReader;

  /** Reads from this connection. */
  constructor(stream: ByteStream) {
    this.#reader = new PduReader(stream, { bufferBytes: BUFFER_BYTES });
  }

  /**
   * Reads a grant, or the error that is sent in its place.
   *
   * @param asked The request that must be answered next.
   * @returns What the source says that the content is, or its error.
   * @throws {ProtocolError} Where it is no answer to that.
   * @throws {StreamEndError} Where the source closed before.
   */
  async grant(
    asked: { readonly transaction: Transaction; readonly length: number },
  ): Promise<Metadata | ErrorReply> {
    const reader = this.#reader;
    const { pdus } = reader;
    await this.#skipContinuations();
    const { start } = reader;
    const transaction = pdus.u32(start, NAME.transaction);
    if (pdus.type(start) === PDU_TYPE.ERROR) {
      reader.skip(PDU_BYTES);
      const error = decodeError(pdus, { start, end: start + PDU_BYTES });
      // Who turns a client away does not know what it asks for.
      if (transaction === asked.transaction || transaction === 0) return error;
    } else if (
      pdus.type(start) === PDU_TYPE.ACK && transaction === asked.transaction
    ) {
      return await this.#readGrant(asked.length);
    }
    throw new ProtocolError("it sent something that is no answer");
  }

  /**
   * Takes a grant of a content with all of its bytes, where they have come.
   *
   * @param transaction Of the request that must be answered next.
   * @param metadata What the content is.
   * @param content Where the content goes: exactly as long.
   * @returns Whether it was there. If not, there may be something else:
   * {@linkcode AnswerReader.grant} tells.
   * @throws {ProtocolError} Where it is no content.
   */
  takeWhole(
    transaction: Transaction,
    metadata: Metadata,
    content: Uint8Array,
  ): boolean {
    const { pdus, start, unread } = this.#reader;
    const from = start + GRANT_BYTES;
    const end = from + framedBytes(content.length);
    if (
      start + unread < end ||
      !grantsWhole(pdus, start, { transaction, metadata })
    ) return false;
    unframeContent(pdus.bytes.subarray(from, end), content);
    this.#reader.skip(end - start);
    return true;
  }

  /**
   * Waits until a grant has come with all of its content.
   *
   * @param length Of the content, in bytes.
   * @param onRead Is told how many bytes came each time.
   * @returns Whether {@linkcode AnswerReader.takeWhole} may have it by now;
   * `false` where there is something else, or more than is read ahead.
   * @throws {StreamEndError} Where the source closed before.
   */
  async comesWhole(
    length: number,
    onRead: (bytes: number) => void,
  ): Promise<boolean> {
    const reader = this.#reader;
    const wanted = GRANT_BYTES + framedBytes(length);
    if (wanted > BUFFER_BYTES) return false;
    while (reader.unread < wanted) {
      const { start, unread } = reader;
      const pdus = Math.floor(unread / PDU_BYTES);
      const isElse = pdus > 0 && reader.pdus.type(start) !== PDU_TYPE.ACK ||
        pdus > 1 && reader.pdus.type(start + PDU_BYTES) !== PDU_TYPE.METADATA;
      if (isElse) return false;
      if (!await reader.fill(pdus + 1)) throw new StreamEndError(NOTHING);
      onRead(reader.unread - unread);
    }
    return true;
  }

  /**
   * Reads content into the start of `bytes`, which is overwritten up to
   * {@linkcode READ_SLACK_BYTES} after it.
   *
   * @throws {ProtocolError} Where something else comes.
   * @throws {StreamEndError} Where it does not all come.
   */
  async content(
    bytes: Uint8Array,
    { length, most, onRead }: ReadContentOptions,
  ): Promise<void> {
    const reader = this.#reader;
    const wanted = framedBytes(length);
    // Framed bytes come in at `end`; content is moved down to `done`, in place.
    let done = 0;
    let end = 0;
    let left = wanted;
    while (left > 0) {
      const room = bytes.subarray(
        end,
        Math.min(bytes.length, end + Math.min(left, most)),
      );
      const count = reader.unread > 0
        ? reader.drain(room)
        : await reader.readInto(room);
      if (count === null) {
        throw new StreamEndError({ received: wanted - left, wanted });
      }
      left -= count;
      end += count;
      const pdus = Math.floor((end - done) / PDU_BYTES);
      const rest = done + pdus * PDU_BYTES;
      const next = done + pdus * PAYLOAD_BYTES;
      unframeContent(bytes.subarray(done, rest), bytes.subarray(done, next));
      done = next;
      bytes.copyWithin(done, rest, end);
      end = done + end - rest;
      const wait = onRead(count);
      if (wait) await wait;
    }
  }

  async #skipContinuations(): Promise<void> {
    const reader = this.#reader;
    for (let skipped = 0; skipped <= MAX_SKIPPED; skipped++) {
      if (!await reader.fill(1)) throw new StreamEndError(NOTHING);
      if (!isContinuation(reader.pdus.type(reader.start))) return;
      reader.skip(PDU_BYTES);
    }
    throw new ProtocolError("it sent continuations of nothing");
  }

  async #readGrant(wanted: number): Promise<Metadata> {
    const reader = this.#reader;
    const end = await this.#metadataEnd();
    const { start, pdus } = reader;
    const { length, metadata } = decodeGrant(pdus, { start, end });
    if (length !== wanted) {
      throw new ProtocolError(
        `it granted ${length} bytes where ${wanted} were asked for`,
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
}

const NOTHING = { received: 0, wanted: PDU_BYTES };
