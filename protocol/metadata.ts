/**
 * `m`: what a content is: its size, its digest, how it is cut into pieces.
 *
 * @module
 */

import { type Digest, DIGEST_BYTES, digestOf, digestsEqual } from "./digest.ts";
import { METADATA } from "./layout.ts";
import { findContinuation, type Span, type Transaction } from "./message.ts";
import { PDU_BYTES, PDU_TYPE, ProtocolError } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";
import {
  MAX_CONTENT_BYTES,
  MAX_PIECE_EXPONENT,
  MAX_PIECES,
  MIN_PIECE_EXPONENT,
} from "./piece.ts";

/** What a content is. */
export interface Metadata {
  /** Bytes of the content, 0 to 2^44. */
  readonly size: number;
  /** Its SHA-256 Merkle root. */
  readonly digest: Digest;
  /** Piece size as a power of two, 18 (256 KiB) to 24 (16 MiB). */
  readonly exponent: number;
  /**
   * When it was last changed, in whole milliseconds since 1970, up to 8.64e15;
   * 0 where that is not known.
   */
  readonly modified: number;
  /** Whether the source has only some of its pieces so far. */
  readonly partial: boolean;
}

/** The flag of a source that is still downloading. */
const PARTIAL = 1;

/** The latest time that a `Date` can hold, in milliseconds since 1970. */
const MAX_TIME_MS = 8.64e15;

/**
 * Writes an `m` at `at`.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where the size or the time is no whole number from 0.
 */
export function encodeMetadata(
  pdus: PduBuffer,
  at: number,
  transaction: Transaction,
  metadata: Metadata,
): number {
  pdus.begin(at, PDU_TYPE.METADATA);
  pdus.setU32(at, METADATA.transaction, transaction);
  pdus.setCount(at, METADATA.size, metadata.size);
  pdus.setBytes(at, METADATA.digest, metadata.digest);
  pdus.setU8(at, METADATA.exponent, metadata.exponent);
  pdus.setU8(at, METADATA.flags, metadata.partial ? PARTIAL : 0);
  pdus.setCount(at, METADATA.modified, metadata.modified);
  return at + PDU_BYTES;
}

/**
 * Reads the `m` of a message, or `undefined` where it has none.
 *
 * @throws {ProtocolError} Where the size or the piece size is out of range.
 */
export function decodeMetadata(
  pdus: PduBuffer,
  span: Span,
): Metadata | undefined {
  const at = findContinuation(pdus, span, PDU_TYPE.METADATA);
  if (at < 0) return undefined;
  const size = pdus.count(at, METADATA.size);
  const exponent = pdus.u8(at, METADATA.exponent);
  const modified = pdus.count(at, METADATA.modified);
  const fault = metadataFault({ size, exponent, modified });
  if (fault) throw new ProtocolError(`Cannot read an m: ${fault}`);
  return {
    size,
    digest: pdus.copy(at, METADATA.digest) as Digest,
    exponent,
    modified,
    partial: (pdus.u8(at, METADATA.flags) & PARTIAL) !== 0,
  };
}

/** Why numbers from the wire are no metadata, or `undefined` where they are. */
export function metadataFault(
  { size, exponent, modified }: Pick<
    Metadata,
    "size" | "exponent" | "modified"
  >,
): string | undefined {
  if (size > MAX_CONTENT_BYTES) return "its size is over 16 TiB";
  if (exponent < MIN_PIECE_EXPONENT || exponent > MAX_PIECE_EXPONENT) {
    return `expected a piece size of 2^${MIN_PIECE_EXPONENT} to ` +
      `2^${MAX_PIECE_EXPONENT}, received 2^${exponent}`;
  }
  // What a stranger says must not make us hold hashes without bound.
  if (size > MAX_PIECES * (1 << exponent)) return "it has too many pieces";
  if (modified > MAX_TIME_MS) return "its time is out of range";
  return undefined;
}

/** The digest of a content that has no bytes, and of an empty folder. */
export const NOTHING_DIGEST: Digest = digestOf(new Uint8Array(0));

/** Whether it is that of no bytes: all that an empty folder may have. */
export function isNothing(
  { size, digest, partial }: Pick<Metadata, "size" | "digest" | "partial">,
): boolean {
  return size === 0 && !partial && digestsEqual(digest, NOTHING_DIGEST);
}

/**
 * Writes an `m` that only pins a digest: in `S` the content that is searched
 * for, in `D` the one that is expected.
 *
 * @returns Where it ends.
 */
export function encodePin(
  pdus: PduBuffer,
  at: number,
  transaction: Transaction,
  digest: Digest,
): number {
  pdus.begin(at, PDU_TYPE.METADATA);
  pdus.setU32(at, METADATA.transaction, transaction);
  pdus.setBytes(at, METADATA.digest, digest);
  return at + PDU_BYTES;
}

/**
 * Reads the digest that an `m` pins, or `undefined` where there is no `m` or
 * its digest is all zero. Nothing else in that `m` is looked at.
 */
export function decodePin(pdus: PduBuffer, span: Span): Digest | undefined {
  const at = findContinuation(pdus, span, PDU_TYPE.METADATA);
  if (at < 0) return undefined;
  const digest = pdus.copy(at, METADATA.digest);
  for (let i = 0; i < DIGEST_BYTES; i++) {
    if (digest[i] !== 0) return digest as Digest;
  }
  return undefined;
}
