/**
 * `D`: a client asks a content server for content, and the `A` with `m` that
 * grants it.
 *
 * A `D` says in its byte 23 how many PDUs of the same message follow it. A
 * stream has no datagram whose end would tell: without the count a server
 * could not know whether an `m` that pins the digest is still under way.
 *
 * @module
 */

import { type Digest, DIGEST_BYTES } from "./digest.ts";
import { DOWNLOAD, GRANT, METADATA } from "./layout.ts";
import { readName, type Span, type Transaction, writeName } from "./message.ts";
import {
  decodeMetadata,
  decodePin,
  encodeMetadata,
  encodePin,
  type Metadata,
} from "./metadata.ts";
import {
  type ContentName,
  type PeerName,
  readContentName,
  readPeerName,
} from "./name.ts";
import { PDU_BYTES, PDU_TYPE, ProtocolError } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";
import { MAX_CONTENT_BYTES } from "./piece.ts";
import { PROTOCOL_VERSION } from "./version.ts";

/** What a download asks for. */
export const DOWNLOAD_KIND = {
  /** The bytes of the content. */
  CONTENT: 0,
  /** The hashes of its pieces, 32 bytes each; offset and length count bytes of them. */
  HASHES: 1,
  /** Nothing but the metadata. */
  METADATA: 2,
  /** Which pieces are there, one bit each, the first in the highest bit of the first byte; offset and length count bytes of them. */
  PIECES: 3,
} as const;

/** One of {@linkcode DOWNLOAD_KIND}, or a number that this version does not know. */
export type DownloadKind = number;

/** Asks for a part of a content. */
export interface DownloadRequest {
  /** The number that its replies carry. */
  readonly transaction: Transaction;
  /** First byte that is wanted. */
  readonly offset: number;
  /** Bytes wanted, `Infinity` for all up to the end. */
  readonly length: number;
  /** What of the content is wanted. */
  readonly kind: DownloadKind;
  /** Piece size as a power of two that the hashes are wanted for; 0 for the server's own. */
  readonly exponent: number;
  /** The version of the protocol that the client speaks. */
  readonly version: number;
  /** The user name of whoever asks. */
  readonly peer: PeerName;
  /** The name of the content. */
  readonly name: ContentName;
  /** The digest that the content must have. */
  readonly digest?: Digest;
}

/** Grants a download: this many bytes follow, of this content. */
export interface Grant {
  /** The number of the request that it answers. */
  readonly transaction: Transaction;
  /** Bytes that follow in `C` PDUs. */
  readonly length: number;
  /** What the content is that they are bytes of. */
  readonly metadata: Metadata;
}

/** The length that asks for all up to the end: all ones. */
const TO_THE_END = 0xffff_ffff_ffff_ffffn;

/** The most PDUs that belong to one `D`: itself, eight `n`, one `m`. */
export const MAX_DOWNLOAD_PDUS = 10;

/** What a client fills in for a `D`. */
export type DownloadFields =
  & Pick<DownloadRequest, "transaction" | "peer" | "name">
  & Partial<
    Pick<DownloadRequest, "offset" | "length" | "kind" | "exponent" | "digest">
  >;

/**
 * Writes a `D` with what belongs to it.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where a number does not fit in its field.
 */
export function encodeDownload(
  pdus: PduBuffer,
  at: number,
  request: DownloadFields,
): number {
  const length = request.length ?? Infinity;
  pdus.begin(at, PDU_TYPE.DOWNLOAD);
  pdus.setU32(at, DOWNLOAD.transaction, request.transaction);
  pdus.setCount(at, DOWNLOAD.offset, request.offset ?? 0);
  if (length === Infinity) pdus.setU64(at, DOWNLOAD.length, TO_THE_END);
  else pdus.setCount(at, DOWNLOAD.length, length);
  pdus.setU8(at, DOWNLOAD.kind, request.kind ?? DOWNLOAD_KIND.CONTENT);
  pdus.setU8(at, DOWNLOAD.exponent, request.exponent ?? 0);
  pdus.setU8(at, DOWNLOAD.version, PROTOCOL_VERSION);
  pdus.setText(at, DOWNLOAD.peer, request.peer);
  let end = writeName(pdus, at, DOWNLOAD.name, request.name);
  if (request.digest) {
    end = encodePin(pdus, end, request.transaction, request.digest);
  }
  pdus.setU8(at, DOWNLOAD.following, (end - at) / PDU_BYTES - 1);
  return end;
}

/** How many PDUs a `D` says belong to it besides itself. */
export function followingPdus(pdus: PduBuffer, at: number): number {
  return pdus.u8(at, DOWNLOAD.following);
}

/** The version of the protocol that a `D` is of. */
export function versionOf(pdus: PduBuffer, at: number): number {
  return pdus.u8(at, DOWNLOAD.version);
}

/**
 * Reads a `D`.
 *
 * @throws {ProtocolError} Where a field is not what the protocol allows.
 */
export function decodeDownload(pdus: PduBuffer, span: Span): DownloadRequest {
  const at = span.start;
  const offset = pdus.count(at, DOWNLOAD.offset);
  if (offset > MAX_CONTENT_BYTES) {
    throw new ProtocolError("Cannot read a D: its offset is over 16 TiB");
  }
  const toTheEnd = pdus.u64(at, DOWNLOAD.length) === TO_THE_END;
  const digest = decodePin(pdus, span);
  return {
    transaction: pdus.u32(at, DOWNLOAD.transaction),
    offset,
    length: toTheEnd ? Infinity : pdus.count(at, DOWNLOAD.length),
    kind: pdus.u8(at, DOWNLOAD.kind),
    exponent: pdus.u8(at, DOWNLOAD.exponent),
    version: pdus.u8(at, DOWNLOAD.version),
    peer: readPeerName(pdus.text(at, DOWNLOAD.peer)),
    name: readContentName(readName(pdus, span, DOWNLOAD.name)),
    ...(digest && { digest }),
  };
}

/**
 * Writes the `A` and the `m` that grant a download.
 *
 * @returns Where they end.
 * @throws {RangeError} Where a number does not fit in its field.
 */
export function encodeGrant(pdus: PduBuffer, at: number, grant: Grant): number {
  pdus.begin(at, PDU_TYPE.ACK);
  pdus.setU32(at, GRANT.transaction, grant.transaction);
  pdus.setCount(at, GRANT.length, grant.length);
  return encodeMetadata(
    pdus,
    at + PDU_BYTES,
    grant.transaction,
    grant.metadata,
  );
}

/**
 * Whether an `A` and the `m` right after it grant all of a content that is
 * known. Nothing is copied for it.
 *
 * @param at Where the `A` begins; both must be there.
 */
export function grantsWhole(
  pdus: PduBuffer,
  at: number,
  { transaction, metadata: { size, digest } }: {
    readonly transaction: Transaction;
    readonly metadata: Pick<Metadata, "size" | "digest">;
  },
): boolean {
  const m = at + PDU_BYTES;
  if (
    pdus.type(at) !== PDU_TYPE.ACK || pdus.type(m) !== PDU_TYPE.METADATA ||
    pdus.u32(at, GRANT.transaction) !== transaction ||
    pdus.count(at, GRANT.length) !== size ||
    pdus.count(m, METADATA.size) !== size
  ) return false;
  const start = m + 1 + METADATA.digest.offset;
  for (let i = 0; i < DIGEST_BYTES; i++) {
    if (pdus.bytes[start + i] !== digest[i]) return false;
  }
  return true;
}

/**
 * Reads an `A` and its `m` from a content server. Whether the length is what
 * was asked for is for the client to check.
 *
 * @throws {ProtocolError} Where the `m` is missing or out of range.
 */
export function decodeGrant(pdus: PduBuffer, span: Span): Grant {
  const metadata = decodeMetadata(pdus, span);
  if (!metadata) throw new ProtocolError("Cannot read a grant: it has no m");
  return {
    transaction: pdus.u32(span.start, GRANT.transaction),
    length: pdus.count(span.start, GRANT.length),
    metadata,
  };
}
