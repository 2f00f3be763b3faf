/**
 * SipHash-2-4 in 32-bit halves: a keyed hash that nobody without the key can
 * predict, fast for a few bytes, where 64-bit integers would be slow.
 *
 * @module
 */

/** Bytes of a key. */
export const SIPHASH_KEY_BYTES = 16;

/**
 * A keyed 64-bit hash. One call's result stays in {@linkcode SipHash.high} and
 * {@linkcode SipHash.low} until the next.
 */
export class SipHash {
  /** The upper 32 bits of the last result, as a signed integer. */
  high = 0;
  /** The lower 32 bits of the last result, as a signed integer. */
  low = 0;
  readonly #key: DataView;

  /**
   * @param key The secret, 16 bytes, which are copied.
   * @throws {RangeError} Where the key is not 16 bytes long.
   */
  constructor(key: Uint8Array) {
    if (key.length !== SIPHASH_KEY_BYTES) {
      throw new RangeError(
        `Cannot hash: expected a key of ${SIPHASH_KEY_BYTES} bytes, received ${key.length}`,
      );
    }
    this.#key = new DataView(key.slice().buffer);
  }

  /**
   * Hashes the first `length` bytes. The result is the same as that of the
   * reference implementation, read as a little-endian 64-bit integer.
   */
  hash(bytes: Uint8Array, length: number = bytes.length): void {
    const key = this.#key;
    const k0l = key.getInt32(0, true);
    const k0h = key.getInt32(4, true);
    const k1l = key.getInt32(8, true);
    const k1h = key.getInt32(12, true);
    let v0h = k0h ^ 0x736f6d65;
    let v0l = k0l ^ 0x70736575;
    let v1h = k1h ^ 0x646f7261;
    let v1l = k1l ^ 0x6e646f6d;
    let v2h = k0h ^ 0x6c796765;
    let v2l = k0l ^ 0x6e657261;
    let v3h = k1h ^ 0x74656462;
    let v3l = k1l ^ 0x79746573;
    const whole = length & ~7;
    // One pass per word of 8 bytes, then one for the rest with the length, then
    // one that finishes: the rounds stand here once, so they stay in registers.
    for (let at = 0; at <= whole + 8; at += 8) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      if (at < whole) {
        ml = word(bytes, at);
        mh = word(bytes, at + 4);
      } else if (at === whole) {
        mh = length << 24;
        for (let i = whole; i < length; i++) {
          const shift = 8 * (i & 3);
          if (i - whole < 4) ml |= bytes[i]! << shift;
          else mh |= bytes[i]! << shift;
        }
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      v3h ^= mh;
      v3l ^= ml;
      for (let i = 0; i < rounds; i++) {
        let sum = (v0l >>> 0) + (v1l >>> 0);
        v0h = (v0h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        let h = v1h;
        v1h = (v1h << 13 | v1l >>> 19) ^ v0h;
        v1l = (v1l << 13 | h >>> 19) ^ v0l;
        h = v0h;
        v0h = v0l;
        v0l = h;
        sum = (v2l >>> 0) + (v3l >>> 0);
        v2h = (v2h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        h = v3h;
        v3h = (v3h << 16 | v3l >>> 16) ^ v2h;
        v3l = (v3l << 16 | h >>> 16) ^ v2l;
        sum = (v0l >>> 0) + (v3l >>> 0);
        v0h = (v0h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        h = v3h;
        v3h = (v3h << 21 | v3l >>> 11) ^ v0h;
        v3l = (v3l << 21 | h >>> 11) ^ v0l;
        sum = (v2l >>> 0) + (v1l >>> 0);
        v2h = (v2h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        h = v1h;
        v1h = (v1h << 17 | v1l >>> 15) ^ v2h;
        v1l = (v1l << 17 | h >>> 15) ^ v2l;
        h = v2h;
        v2h = v2l;
        v2l = h;
      }
      v0h ^= mh;
      v0l ^= ml;
    }
    this.high = v0h ^ v1h ^ v2h ^ v3h;
    this.low = v0l ^ v1l ^ v2l ^ v3l;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 |
    bytes[at + 3]! << 24;
}
