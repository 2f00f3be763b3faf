/**
 * Every reader and writer of messages behind one door, for tests that go
 * through all of them.
 *
 * @module
 */

import {
  decodeDownload,
  decodeGrant,
  type DownloadRequest,
  encodeDownload,
  encodeGrant,
  type Grant,
} from "../../protocol/download.ts";
import { encodeError, type ErrorReply } from "../../protocol/error_reply.ts";
import { encodeHello, type Hello } from "../../protocol/hello.ts";
import type { Span } from "../../protocol/message.ts";
import { DATAGRAM_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import {
  type Ack,
  decodeReply,
  encodeAck,
  encodeRecord,
  type RecordReply,
  type Reply,
} from "../../protocol/reply.ts";
import {
  decodeRequest,
  encodeDeregister,
  encodeList,
  encodeRegister,
  encodeSearch,
  type Request,
} from "../../protocol/request.ts";

/** What {@linkcode decode} can give. */
export type Message = Request | Reply | DownloadRequest | Grant;

/** The readers of messages; content has one of its own. */
export type Reader = "request" | "reply" | "download" | "grant";

/** Reads one message with the reader of that name. */
export function decode(
  reader: Reader,
  bytes: Uint8Array,
  span: Span = { start: 0, end: bytes.length },
): Message | undefined {
  const pdus = new PduBuffer(bytes);
  switch (reader) {
    case "request":
      return decodeRequest(pdus, span);
    case "reply":
      return decodeReply(pdus, span);
    case "download":
      return decodeDownload(pdus, span);
    case "grant":
      return decodeGrant(pdus, span);
  }
}

/** Writes a message that this reader reads, over bytes that are not clear. */
export function encode(reader: Reader, message: Message): Uint8Array {
  const bytes = new Uint8Array(DATAGRAM_BYTES).fill(0xaa);
  const pdus = new PduBuffer(bytes);
  return bytes.subarray(0, write(pdus, reader, message));
}

function write(pdus: PduBuffer, reader: Reader, message: Message): number {
  switch (reader) {
    case "request":
      return writeRequest(pdus, message as Request);
    case "reply":
      return writeReply(pdus, message as Reply);
    case "download":
      return encodeDownload(pdus, 0, message as DownloadRequest);
    case "grant":
      return encodeGrant(pdus, 0, message as Grant);
  }
}

function writeRequest(pdus: PduBuffer, request: Request): number {
  switch (request.type) {
    case "H":
      return writeHello(pdus, request);
    case "R":
      return encodeRegister(pdus, 0, request);
    case "T":
      return encodeDeregister(pdus, 0, request);
    case "S":
      return encodeSearch(pdus, 0, request);
    case "O":
      return encodeList(pdus, 0, request);
  }
}

function writeHello(pdus: PduBuffer, hello: Hello): number {
  const { signed } = hello;
  if (!signed) return encodeHello(pdus, 0, hello);
  return encodeHello(pdus, 0, hello, {
    key: signed.key,
    sign: () => signed.signature,
  });
}

function writeReply(
  pdus: PduBuffer,
  reply: Ack | ErrorReply | RecordReply,
): number {
  if (reply.type === "A") return encodeAck(pdus, 0, reply);
  if (reply.type !== "E") return encodeRecord(pdus, 0, reply);
  if (!reply.error) throw new TypeError("Cannot write a code without a name");
  return encodeError(pdus, 0, { ...reply, error: reply.error });
}
