/**
 * What is known of a part file: the hashes of its pieces, and which of them
 * were verified. Nothing in a record is believed: the hashes must lead to the
 * digest, and a piece that it names is hashed again before it counts.
 *
 * ```text
 * offset  bytes
 *      0      8  "PEERDEX1"
 *      8      8  size of the content
 *     16      1  piece size, as a power of two
 *     17     15  zero
 *     32     32  digest
 *     64      n  verified pieces, one bit each
 *   64+n   32 p  hashes of the pieces
 * ```
 *
 * @module
 */

import type { Digest } from "../protocol/digest.ts";
import { DIGEST_BYTES } from "../protocol/digest.ts";
import { pieceCount } from "../protocol/piece.ts";
import { bitfieldBytes } from "./bitfield.ts";

/** What a record belongs to. */
export interface RecordKey {
  /** In bytes. */
  readonly size: number;
  readonly digest: Digest;
  /** Piece size as a power of two. */
  readonly exponent: number;
}

/** What a record says. */
export interface PartRecord {
  /** One bit for each piece. */
  readonly verified: Uint8Array;
  /** 32 bytes for each piece. */
  readonly hashes: Uint8Array;
}

/** Where the bits of the verified pieces begin in a record, in bytes. */
export const RECORD_BITS_AT = 64;

const MAGIC = new TextEncoder().encode("PEERDEX1");

/** Writes a record. */
export function encodePartRecord(
  key: RecordKey,
  { verified, hashes }: PartRecord,
): Uint8Array {
  const bytes = new Uint8Array(
    RECORD_BITS_AT + verified.length + hashes.length,
  );
  bytes.set(encodeHead(key));
  bytes.set(verified, RECORD_BITS_AT);
  bytes.set(hashes, RECORD_BITS_AT + verified.length);
  return bytes;
}

/** How long the record of a content is, in bytes. */
export function partRecordBytes({ size, exponent }: RecordKey): number {
  const pieces = pieceCount(size, exponent);
  return RECORD_BITS_AT + bitfieldBytes(pieces) + pieces * DIGEST_BYTES;
}

/** Reads a record, or gives `undefined` where it is damaged or of another content. */
export function decodePartRecord(
  key: RecordKey,
  bytes: Uint8Array,
): PartRecord | undefined {
  if (bytes.length !== partRecordBytes(key)) return undefined;
  if (encodeHead(key).some((byte, i) => bytes[i] !== byte)) return undefined;
  const hashesAt = RECORD_BITS_AT +
    bitfieldBytes(pieceCount(key.size, key.exponent));
  return {
    verified: bytes.slice(RECORD_BITS_AT, hashesAt),
    hashes: bytes.slice(hashesAt),
  };
}

function encodeHead({ size, digest, exponent }: RecordKey): Uint8Array {
  const head = new Uint8Array(RECORD_BITS_AT);
  head.set(MAGIC);
  new DataView(head.buffer).setBigUint64(8, BigInt(size));
  head[16] = exponent;
  head.set(digest, 32);
  return head;
}
