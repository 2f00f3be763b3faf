/**
 * A checksum over the bytes of a record: SQLite vouches for the shape of its
 * file, but not for what is written in it.
 *
 * @module
 */

/**
 * FNV-1a with a last stir, over 32 bits. It tells damage from none, not forgery.
 *
 * @param start The first byte that counts; all up to `end` do.
 */
export function checksum(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let sum = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) {
    sum = Math.imul(sum ^ bytes[i]!, 0x01000193);
  }
  return sum ^ sum >>> 15;
}
