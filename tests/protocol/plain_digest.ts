/**
 * The digest as BEP 52 describes it, step by step: what the fast one is held
 * against.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The SHA-256 of some bytes. */
export function sha256(...bytes: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const each of bytes) hash.update(each);
  return new Uint8Array(hash.digest());
}

/** The content of the tests: the byte i mod 253 at position i. */
export function testContent(size: number): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(size);
  for (let i = 0; i < size; i++) content[i] = i % 253;
  return content;
}

/** The root over `leaves` leaves of 16 KiB; as many as a power of two needs if left out. */
export function plainRoot(content: Uint8Array, leaves?: number): Uint8Array {
  let layer: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += 16_384) {
    layer.push(sha256(content.subarray(at, at + 16_384)));
  }
  if (layer.length === 0) layer.push(sha256());
  const wanted = leaves ?? 2 ** Math.ceil(Math.log2(layer.length));
  while (layer.length < wanted) layer.push(new Uint8Array(32));
  while (layer.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < layer.length; i += 2) {
      above.push(sha256(layer[i]!, layer[i + 1]!));
    }
    layer = above;
  }
  return layer[0]!;
}

/** The hashes of the pieces, end to end. */
export function plainPieceHashes(
  content: Uint8Array,
  exponent: number,
): Uint8Array<ArrayBuffer> {
  const pieceBytes = 2 ** exponent;
  const pieces = Math.ceil(content.length / pieceBytes);
  if (pieces === 1) return new Uint8Array(plainRoot(content));
  const hashes = new Uint8Array(pieces * 32);
  for (let i = 0; i < pieces; i++) {
    const piece = content.subarray(i * pieceBytes, (i + 1) * pieceBytes);
    hashes.set(plainRoot(piece, pieceBytes / 16_384), i * 32);
  }
  return hashes;
}
