/**
 * Sets of pieces: one bit each, the first piece in the highest bit of the first
 * byte.
 *
 * @module
 */

/** Bytes that a set of so many pieces takes. */
export function bitfieldBytes(pieces: number): number {
  return Math.ceil(pieces / 8);
}

/** Whether a piece is in the set. */
export function hasBit(bits: Uint8Array, piece: number): boolean {
  return (bits[piece >> 3]! & 0x80 >> (piece & 7)) !== 0;
}

/** Puts a piece into the set. */
export function setBit(bits: Uint8Array, piece: number): void {
  bits[piece >> 3]! |= 0x80 >> (piece & 7);
}

/** Takes a piece out of the set. */
export function clearBit(bits: Uint8Array, piece: number): void {
  bits[piece >> 3]! &= ~(0x80 >> (piece & 7));
}

/** How many of the first `pieces` pieces are in the set. */
export function countBits(bits: Uint8Array, pieces: number): number {
  let count = 0;
  for (let piece = 0; piece < pieces; piece++) {
    if (hasBit(bits, piece)) count++;
  }
  return count;
}
