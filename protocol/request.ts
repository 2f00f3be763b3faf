/**
 * `R`, `T`, `S` and `O` as a peer sends them to the index, and with `H` the
 * union of all that an index is asked.
 *
 * @module
 */

import { UNSPECIFIED } from "./address.ts";
import type { Digest } from "./digest.ts";
import { decodeHello, type Hello } from "./hello.ts";
import { LIST, REQUEST } from "./layout.ts";
import { readName, type Span, type Transaction, writeName } from "./message.ts";
import {
  decodeMetadata,
  decodePin,
  encodeMetadata,
  encodePin,
  isNothing,
  type Metadata,
} from "./metadata.ts";
import {
  type ContentName,
  isFolderName,
  isPrintable,
  type PeerName,
  readContentName,
  readPeerName,
} from "./name.ts";
import { PDU_TYPE, ProtocolError } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";

/** Registers a content. */
export interface RegisterRequest {
  /** The letter of its type. */
  readonly type: "R";
  /** The number that its replies carry. */
  readonly transaction: Transaction;
  /** Proof that the sender receives at its source address; 0 where it has none yet. */
  readonly token: bigint;
  /** The TCP port that serves the content, 1 to 65,535. */
  readonly port: number;
  /** The user name that the content is registered under. */
  readonly peer: PeerName;
  /** The name of the content. */
  readonly name: ContentName;
  /** What the content is. */
  readonly metadata: Metadata;
}

/** De-registers a content. */
export interface DeregisterRequest {
  /** The letter of its type. */
  readonly type: "T";
  /** The number that its replies carry. */
  readonly transaction: Transaction;
  /** Proof that the sender receives at its source address; 0 where it has none yet. */
  readonly token: bigint;
  /** The user name that the content was registered under. */
  readonly peer: PeerName;
  /** The name of the content. */
  readonly name: ContentName;
}

/** Searches for the sources of a content, by name, by digest, or by both. */
export interface SearchRequest {
  /** The letter of its type. */
  readonly type: "S";
  /** The number that its replies carry. */
  readonly transaction: Transaction;
  /** Proof that the sender receives at its source address; 0 where it has none yet. */
  readonly token: bigint;
  /** The name, where it is searched for by name. */
  readonly name?: ContentName;
  /** The digest, where it is searched for by digest. */
  readonly digest?: Digest;
}

/** Lists the on-line registrations, from a cursor on. */
export interface ListRequest {
  /** The letter of its type. */
  readonly type: "O";
  /** The number that its replies carry. */
  readonly transaction: Transaction;
  /** Proof that the sender receives at its source address; 0 where it has none yet. */
  readonly token: bigint;
  /** Where to go on: 16 bytes of an earlier reply, all zero at first. */
  readonly cursor: Uint8Array;
  /** How many pages are taken in one answer; 0 for one. */
  readonly pages: number;
  /** What to list, at most 822 bytes; empty for all. */
  readonly filter: string;
}

/** Whatever an index is asked. */
export type Request =
  | Hello
  | RegisterRequest
  | DeregisterRequest
  | SearchRequest
  | ListRequest;

/** A cursor that starts from the beginning, or that says the list has ended. */
export const NO_CURSOR: Uint8Array = UNSPECIFIED;

/** What a client fills in for an `R`. */
export type RegisterFields = Omit<RegisterRequest, "type">;

/** What a client fills in for a `T`. */
export type DeregisterFields = Omit<DeregisterRequest, "type">;

/** What a client fills in for an `S`. */
export type SearchFields = Omit<SearchRequest, "type">;

/** What a client fills in for an `O`. */
export type ListFields =
  & Omit<ListRequest, "type" | "pages">
  & Partial<Pick<ListRequest, "pages">>;

/**
 * Writes an `R` with its `m`.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where a number does not fit in its field.
 */
export function encodeRegister(
  pdus: PduBuffer,
  at: number,
  request: RegisterFields,
): number {
  beginRequest(pdus, at, PDU_TYPE.REGISTER, request);
  pdus.setU16(at, REQUEST.port, request.port);
  pdus.setText(at, REQUEST.peer, request.peer);
  const end = writeName(pdus, at, REQUEST.name, request.name);
  return encodeMetadata(pdus, end, request.transaction, request.metadata);
}

/**
 * Writes a `T`.
 *
 * @returns Where it ends.
 */
export function encodeDeregister(
  pdus: PduBuffer,
  at: number,
  request: DeregisterFields,
): number {
  beginRequest(pdus, at, PDU_TYPE.DEREGISTER, request);
  pdus.setText(at, REQUEST.peer, request.peer);
  return writeName(pdus, at, REQUEST.name, request.name);
}

/**
 * Writes an `S`, with an `m` where it searches by digest.
 *
 * @returns Where it ends.
 */
export function encodeSearch(
  pdus: PduBuffer,
  at: number,
  request: SearchFields,
): number {
  beginRequest(pdus, at, PDU_TYPE.SEARCH, request);
  const end = writeName(pdus, at, REQUEST.name, request.name ?? "");
  if (!request.digest) return end;
  return encodePin(pdus, end, request.transaction, request.digest);
}

/**
 * Writes an `O`.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where the filter is over 822 bytes, or holds a control
 * character, or the pages are over 65,535.
 */
export function encodeList(
  pdus: PduBuffer,
  at: number,
  request: ListFields,
): number {
  beginRequest(pdus, at, PDU_TYPE.LIST, request);
  pdus.setBytes(at, LIST.cursor, request.cursor);
  pdus.setU16(at, LIST.pages, request.pages ?? 0);
  return writeName(pdus, at, LIST.filter, request.filter);
}

/**
 * Reads a request to the index.
 *
 * @returns The request, or `undefined` for a type that no index is asked.
 * @throws {ProtocolError} Where a field is not what the protocol allows.
 */
export function decodeRequest(
  pdus: PduBuffer,
  span: Span,
): Request | undefined {
  switch (pdus.type(span.start)) {
    case PDU_TYPE.HELLO:
      return decodeHello(pdus, span);
    case PDU_TYPE.REGISTER:
      return decodeRegister(pdus, span);
    case PDU_TYPE.DEREGISTER:
      return decodeDeregister(pdus, span);
    case PDU_TYPE.SEARCH:
      return decodeSearch(pdus, span);
    case PDU_TYPE.LIST:
      return decodeList(pdus, span);
    default:
      return undefined;
  }
}

function beginRequest(
  pdus: PduBuffer,
  at: number,
  type: number,
  { transaction, token }: { transaction: Transaction; token: bigint },
): void {
  pdus.begin(at, type);
  pdus.setU32(at, REQUEST.transaction, transaction);
  pdus.setU64(at, REQUEST.token, token);
}

function decodeRegister(pdus: PduBuffer, span: Span): RegisterRequest {
  const at = span.start;
  const port = pdus.u16(at, REQUEST.port);
  if (port === 0) throw new ProtocolError("Cannot read an R: its port is 0");
  const metadata = decodeMetadata(pdus, span);
  if (!metadata) throw new ProtocolError("Cannot read an R: it has no m");
  const name = readContentName(readName(pdus, span, REQUEST.name));
  if (isFolderName(name) && !isNothing(metadata)) {
    throw new ProtocolError("Cannot read an R: an empty folder is not empty");
  }
  return {
    type: "R",
    transaction: pdus.u32(at, REQUEST.transaction),
    token: pdus.u64(at, REQUEST.token),
    port,
    peer: readPeerName(pdus.text(at, REQUEST.peer)),
    name,
    metadata,
  };
}

function decodeDeregister(pdus: PduBuffer, span: Span): DeregisterRequest {
  const at = span.start;
  return {
    type: "T",
    transaction: pdus.u32(at, REQUEST.transaction),
    token: pdus.u64(at, REQUEST.token),
    peer: readPeerName(pdus.text(at, REQUEST.peer)),
    name: readContentName(readName(pdus, span, REQUEST.name)),
  };
}

function decodeSearch(pdus: PduBuffer, span: Span): SearchRequest {
  const at = span.start;
  const name = readName(pdus, span, REQUEST.name);
  const digest = decodePin(pdus, span);
  if (name === "" && !digest) {
    throw new ProtocolError("Cannot read an S: it has no name and no digest");
  }
  return {
    type: "S",
    transaction: pdus.u32(at, REQUEST.transaction),
    token: pdus.u64(at, REQUEST.token),
    ...(name !== "" && { name: readContentName(name) }),
    ...(digest && { digest }),
  };
}

function decodeList(pdus: PduBuffer, span: Span): ListRequest {
  const at = span.start;
  const filter = readName(pdus, span, LIST.filter);
  if (!isPrintable(filter)) {
    throw new ProtocolError("Cannot read an O: its filter is not printable");
  }
  return {
    type: "O",
    transaction: pdus.u32(at, LIST.transaction),
    token: pdus.u64(at, LIST.token),
    cursor: pdus.copy(at, LIST.cursor),
    pages: pdus.u16(at, LIST.pages),
    filter,
  };
}
