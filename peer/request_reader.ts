/**
 * Requests as a content server reads them from a connection.
 *
 * @module
 */

import {
  decodeDownload,
  type DownloadRequest,
  followingPdus,
  MAX_DOWNLOAD_PDUS,
  versionOf,
} from "../protocol/download.ts";
import { NAME } from "../protocol/layout.ts";
import { messageEnd, type Transaction } from "../protocol/message.ts";
import {
  isContinuation,
  PDU_BYTES,
  PDU_TYPE,
  ProtocolError,
} from "../protocol/pdu.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { type ByteStream, PduReader } from "./pdu_stream.ts";

/** What came from a client. */
export type ClientMessage =
  | { readonly type: "download"; readonly request: DownloadRequest }
  /** A message of another type, or another version, than is served here. */
  | {
    readonly type: "foreign";
    readonly transaction: Transaction;
    readonly error: "UNSUPPORTED" | "VERSION";
  }
  /** Bytes that are no request: what comes after them cannot be trusted. */
  | {
    readonly type: "malformed";
    readonly transaction: Transaction;
    readonly text: string;
  };

/** Room for the requests that have come while one is answered. */
const BUFFER_BYTES = 80 * PDU_BYTES;

/** Reads one client's requests in order. */
export class RequestReader {
  readonly #reader: PduReader;

  /** Reads from this connection. */
  constructor(stream: ByteStream) {
    this.#reader = new PduReader(stream, { bufferBytes: BUFFER_BYTES });
  }

  /**
   * Takes the next message, where all of it has come, without waiting.
   * Continuations that belong to no message are skipped.
   */
  take(): ClientMessage | undefined {
    const reader = this.#reader;
    while (
      reader.unread >= PDU_BYTES &&
      isContinuation(reader.pdus.type(reader.start))
    ) reader.skip(PDU_BYTES);
    if (reader.unread < this.#wanted() * PDU_BYTES) return undefined;
    return this.#read();
  }

  /**
   * Waits for more of the next message.
   *
   * @returns Whether more came; `false` where the client closed between two
   * messages.
   * @throws {StreamEndError} Where it closed within one.
   */
  wait(): Promise<boolean> {
    return this.#reader.fill(this.#wanted());
  }

  /** PDUs of the next message, as far as is known. */
  #wanted(): number {
    const { pdus, start, unread } = this.#reader;
    if (
      unread < PDU_BYTES || pdus.type(start) !== PDU_TYPE.DOWNLOAD ||
      versionOf(pdus, start) !== PROTOCOL_VERSION
    ) return 1;
    // A count over the limit is refused, and not waited for.
    const following = followingPdus(pdus, start);
    return following < MAX_DOWNLOAD_PDUS ? 1 + following : 1;
  }

  #read(): ClientMessage {
    const reader = this.#reader;
    const { pdus, start } = reader;
    const type = pdus.type(start);
    const transaction = pdus.u32(start, NAME.transaction);
    if (type < 0x41 || type > 0x5a) {
      return malformed(transaction, "What came is no PDU");
    }
    if (type !== PDU_TYPE.DOWNLOAD) {
      reader.skip(PDU_BYTES);
      return { type: "foreign", transaction, error: "UNSUPPORTED" };
    }
    // Another version may have other fields behind its number, the count of what
    // follows among them. That is skipped where the next message is looked for.
    if (versionOf(pdus, start) !== PROTOCOL_VERSION) {
      reader.skip(PDU_BYTES);
      return { type: "foreign", transaction, error: "VERSION" };
    }
    const whole = reader.unread - reader.unread % PDU_BYTES;
    let end = messageEnd(pdus, start, start + whole);
    const following = followingPdus(pdus, start);
    if (following > 0) {
      const told = start + (1 + following) * PDU_BYTES;
      if (following >= MAX_DOWNLOAD_PDUS) {
        return malformed(transaction, "The request is too long");
      }
      if (end < told) {
        return malformed(transaction, "The request is shorter than it says");
      }
      end = told;
    } else if (end - start > MAX_DOWNLOAD_PDUS * PDU_BYTES) {
      return malformed(transaction, "The request is too long");
    }
    try {
      const request = decodeDownload(pdus, { start, end });
      reader.skip(end - start);
      return { type: "download", request };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return malformed(transaction, error.message);
    }
  }
}

function malformed(transaction: Transaction, text: string): ClientMessage {
  return { type: "malformed", transaction, text: text.slice(0, 84) };
}
