/**
 * What an index answers: `A`, and the `S` and `O` that follow it, or `E`.
 *
 * @module
 */

import { type Address, UNSPECIFIED } from "./address.ts";
import { decodeError, type ErrorReply } from "./error_reply.ts";
import { decodeKey, encodeKey, type PublicKey } from "./key.ts";
import { ACK, RECORD } from "./layout.ts";
import { readName, type Span, type Transaction, writeName } from "./message.ts";
import { decodeMetadata, encodeMetadata, type Metadata } from "./metadata.ts";
import {
  type ContentName,
  isFolderName,
  type PeerName,
  readContentName,
  readPeerName,
} from "./name.ts";
import { PDU_BYTES, PDU_TYPE, ProtocolError } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";
import { MAX_CONTENT_BYTES } from "./piece.ts";
import { NO_CURSOR } from "./request.ts";

/** Acknowledges a request. */
export interface Ack {
  /** The letter of its type. */
  readonly type: "A";
  /** The number of the request that it answers. */
  readonly transaction: Transaction;
  /** The token to use from now on. */
  readonly token: bigint;
  /** The source address that the index sees; `O`: see `PageMark`. */
  readonly address: Address;
  /** The source port that the index sees. */
  readonly port: number;
  /** The lease granted, in seconds; `O`: see `PageMark`. */
  readonly lease: number;
  /** `O`: registrations that match; `S`: sources; `H`: registrations held for this owner. */
  readonly count: number;
  /** `O`: where to go on, all zero at the end; `H`: see `readProbe`. */
  readonly cursor: Uint8Array;
  /** A word for people, at most 48 bytes; empty where it cannot be shown. */
  readonly text: string;
  /** `S`: what the content is, as its newest registration says. */
  readonly metadata?: Metadata;
}

/** One source, or one registration of a list. */
export interface RecordReply {
  /** The letter of its type: `S` for a source, `O` for a registration. */
  readonly type: "S" | "O";
  /** The number of the request that it answers. */
  readonly transaction: Transaction;
  /** Bytes of the content, 0 to 2^44. */
  readonly size: number;
  /** Where it is; unspecified for "the host that you reached me at". */
  readonly address: Address;
  /** The TCP port of its content server. */
  readonly port: number;
  /** The user name that it is registered under. */
  readonly peer: PeerName;
  /** The name of the content. */
  readonly name: ContentName;
  /** `S`: what this source has, where that differs from what the `A` said. */
  readonly metadata?: Metadata;
  /** `S`: the key of the source's owner. */
  readonly key?: PublicKey;
}

/** Whatever an index answers. */
export type Reply = Ack | ErrorReply | RecordReply;

/** What an index fills in for an `A`. */
export type AckFields =
  & Pick<Ack, "transaction">
  & Partial<Omit<Ack, "type" | "transaction">>;

/**
 * Writes an `A`, with an `m` where it has metadata.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where a number or a text does not fit in its field.
 */
export function encodeAck(pdus: PduBuffer, at: number, ack: AckFields): number {
  pdus.begin(at, PDU_TYPE.ACK);
  pdus.setU32(at, ACK.transaction, ack.transaction);
  if (ack.token) pdus.setU64(at, ACK.token, ack.token);
  if (ack.address) pdus.setAddress(at, ACK.address, ack.address);
  pdus.setU16(at, ACK.port, ack.port ?? 0);
  pdus.setU16(at, ACK.lease, ack.lease ?? 0);
  pdus.setU32(at, ACK.count, ack.count ?? 0);
  if (ack.cursor) pdus.setBytes(at, ACK.cursor, ack.cursor);
  if (ack.text) pdus.setText(at, ACK.text, ack.text);
  const end = at + PDU_BYTES;
  if (!ack.metadata) return end;
  return encodeMetadata(pdus, end, ack.transaction, ack.metadata);
}

/** What an index fills in for an `S` or an `O`. */
export type RecordFields =
  & Omit<RecordReply, "address" | "name" | "metadata" | "key">
  & Partial<Pick<RecordReply, "address">>
  & {
    /** The name of the content, or its bytes. */
    readonly name: ContentName | Uint8Array;
    /** `S`: what this source has, where that differs from what the `A` said. */
    readonly metadata?: Metadata | undefined;
    /** `S`: the key of the source's owner. */
    readonly key?: PublicKey | undefined;
  };

/**
 * Writes an `S` or an `O` with what belongs to it.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where a number does not fit in its field.
 */
export function encodeRecord(
  pdus: PduBuffer,
  at: number,
  record: RecordFields,
): number {
  pdus.begin(at, record.type === "S" ? PDU_TYPE.SEARCH : PDU_TYPE.LIST);
  pdus.setU32(at, RECORD.transaction, record.transaction);
  pdus.setCount(at, RECORD.size, record.size);
  pdus.setAddress(at, RECORD.address, record.address ?? UNSPECIFIED);
  pdus.setU16(at, RECORD.port, record.port);
  pdus.setText(at, RECORD.peer, record.peer);
  let end = writeName(pdus, at, RECORD.name, record.name);
  if (record.metadata) {
    end = encodeMetadata(pdus, end, record.transaction, record.metadata);
  }
  if (record.key) {
    end = encodeKey(pdus, end, record.transaction, { key: record.key });
  }
  return end;
}

/**
 * Reads one message of an index's answer.
 *
 * @returns The message, or `undefined` for a type that no index sends.
 * @throws {ProtocolError} Where a field is not what the protocol allows.
 */
export function decodeReply(pdus: PduBuffer, span: Span): Reply | undefined {
  switch (pdus.type(span.start)) {
    case PDU_TYPE.ACK:
      return decodeAck(pdus, span);
    case PDU_TYPE.ERROR:
      return decodeError(pdus, span);
    case PDU_TYPE.SEARCH:
      return decodeRecord(pdus, span, "S");
    case PDU_TYPE.LIST:
      return decodeRecord(pdus, span, "O");
    default:
      return undefined;
  }
}

function decodeAck(pdus: PduBuffer, span: Span): Ack {
  const at = span.start;
  const metadata = decodeMetadata(pdus, span);
  return {
    type: "A",
    transaction: pdus.u32(at, ACK.transaction),
    token: pdus.u64(at, ACK.token),
    address: pdus.address(at, ACK.address),
    port: pdus.u16(at, ACK.port),
    lease: pdus.u16(at, ACK.lease),
    count: pdus.u32(at, ACK.count),
    cursor: pdus.copy(at, ACK.cursor),
    text: pdus.caption(at, ACK.text),
    ...(metadata && { metadata }),
  };
}

function decodeRecord(
  pdus: PduBuffer,
  span: Span,
  type: "S" | "O",
): RecordReply {
  const at = span.start;
  const size = pdus.count(at, RECORD.size);
  if (size > MAX_CONTENT_BYTES) {
    throw new ProtocolError(`Cannot read an ${type}: its size is over 16 TiB`);
  }
  const port = pdus.u16(at, RECORD.port);
  if (port === 0) {
    throw new ProtocolError(`Cannot read an ${type}: its port is 0`);
  }
  const name = readContentName(readName(pdus, span, RECORD.name));
  if (isFolderName(name) && size > 0) {
    throw new ProtocolError(`Cannot read an ${type}: a folder has no bytes`);
  }
  const metadata = decodeMetadata(pdus, span);
  const signed = decodeKey(pdus, span);
  return {
    type,
    transaction: pdus.u32(at, RECORD.transaction),
    size,
    address: pdus.address(at, RECORD.address),
    port,
    peer: readPeerName(pdus.text(at, RECORD.peer)),
    name,
    ...(metadata && { metadata }),
    ...(signed && { key: signed.key }),
  };
}

/** Whether a cursor says that the list has ended. */
export function isLastPage(cursor: Uint8Array): boolean {
  return cursor.every((byte, i) => byte === NO_CURSOR[i]);
}
