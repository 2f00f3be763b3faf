/**
 * HalfSipHash-1-3: the keyed hash of the registry's tables. Nobody without the
 * key can choose names that all fall into one bucket.
 *
 * @module
 */

/** Bytes of a key. */
export const HALF_SIPHASH_KEY_BYTES = 8;

/** A keyed 32-bit hash over 32-bit words. */
export class HalfSipHash {
  readonly #k0: number;
  readonly #k1: number;

  /**
   * @param key The secret, 8 bytes.
   * @throws {RangeError} Where the key is not 8 bytes long.
   */
  constructor(key: Uint8Array) {
    if (key.length !== HALF_SIPHASH_KEY_BYTES) {
      throw new RangeError(
        `Cannot hash: expected a key of ${HALF_SIPHASH_KEY_BYTES} bytes, received ${key.length}`,
      );
    }
    const view = new DataView(key.slice().buffer);
    this.#k0 = view.getInt32(0, true);
    this.#k1 = view.getInt32(4, true);
  }

  /**
   * Hashes `length` bytes that lie in `words`, little-endian; what pads the last
   * word must be zero.
   *
   * @returns A signed 32-bit integer.
   */
  hash(words: Int32Array, length: number): number {
    let v0 = this.#k0;
    let v1 = this.#k1;
    let v2 = this.#k0 ^ 0x6c796765;
    let v3 = this.#k1 ^ 0x74656462;
    const whole = length >> 2;
    // One round per word and for the last with the length, then three more.
    for (let i = 0; i <= whole + 3; i++) {
      let m = 0;
      if (i < whole) m = words[i]!;
      else if (i === whole) {
        m = length << 24;
        if ((length & 3) !== 0) m |= words[i]!;
      } else if (i === whole + 1) v2 ^= 0xff;
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = (v2 + v3) | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
      v0 ^= m;
    }
    return v1 ^ v3;
  }

  /** Hashes a pair of 32-bit integers. */
  pair(a: number, b: number): number {
    PAIR[0] = a;
    PAIR[1] = b;
    return this.hash(PAIR, 8);
  }
}

const PAIR = new Int32Array(2);
