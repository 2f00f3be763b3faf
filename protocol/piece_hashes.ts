/**
 * The hashes of the pieces of a content, and its digest, from the hashes of
 * smaller parts.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type Digest, DIGEST_BYTES, rootOfPieces } from "./digest.ts";
import { pieceBytes, pieceCount, pieceExponent } from "./piece.ts";
import { type HashTree, treeHash } from "./tree_hash.ts";

/**
 * The largest part that is hashed at once, as a power of two: 1 MiB. A larger
 * piece is hashed in several, so that no buffer has to hold it, and several
 * processors can share it.
 */
const MAX_PART_EXPONENT = 20;

/** Collects the hashes of a content's parts, first to last. */
export class PieceHashes {
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes of a piece as a power of two. */
  readonly exponent: number;
  /** Bytes of a part as a power of two; a piece is one or several. */
  readonly partExponent: number;
  /** Whether the whole content is no longer than one part. */
  readonly alone: boolean;
  readonly #pieces: number;
  readonly #partsPerPiece: number;
  readonly #parts: number;
  readonly #hashes: Uint8Array;
  /** Over the parts of the piece at hand. */
  readonly #piece: HashTree;
  /** Over the pieces. */
  readonly #content: HashTree;
  #partsDone = 0;
  #piecesDone = 0;

  /**
   * Expects the hashes of a content's parts.
   *
   * @param size Bytes of the content, 0 to 2^44.
   * @param options.exponent Bytes of a piece as a power of two, 18 to 24; as the
   * size demands if left out.
   * @throws {RangeError} Where one of them is out of range.
   */
  constructor(
    size: number,
    { exponent = pieceExponent(size) }: { readonly exponent?: number } = {},
  ) {
    this.size = size;
    this.exponent = exponent;
    this.partExponent = Math.min(exponent, MAX_PART_EXPONENT);
    const partBytes = 2 ** this.partExponent;
    this.alone = size <= partBytes;
    this.#pieces = pieceCount(size, exponent);
    this.#parts = Math.ceil(size / partBytes);
    this.#partsPerPiece = pieceBytes(exponent) / partBytes;
    this.#hashes = new Uint8Array(this.#pieces * DIGEST_BYTES);
    const { growTree } = treeHash(createHash);
    this.#piece = growTree({ exponent: this.partExponent });
    this.#content = growTree({ exponent });
  }

  /**
   * Adds the hashes of the next parts.
   *
   * @param hashes 32 bytes for each.
   * @throws {RangeError} Where these are more than the content has.
   */
  add(hashes: Uint8Array): void {
    const parts = hashes.length / DIGEST_BYTES;
    if (!Number.isInteger(parts) || this.#partsDone + parts > this.#parts) {
      throw new RangeError(
        `Cannot add ${hashes.length} bytes of hashes to ${this.#partsDone} of ${this.#parts} parts`,
      );
    }
    for (let at = 0; at < hashes.length; at += DIGEST_BYTES) {
      this.#piece.add(hashes.subarray(at, at + DIGEST_BYTES));
      this.#partsDone++;
      if (
        this.#piece.count === this.#partsPerPiece ||
        this.#partsDone === this.#parts
      ) this.#endPiece();
    }
  }

  /**
   * What came out.
   *
   * @throws {TypeError} Where parts are missing.
   */
  finish(): { readonly digest: Digest; readonly pieceHashes: Uint8Array } {
    if (this.#partsDone < this.#parts) {
      throw new TypeError(
        `Cannot make a digest: ${this.#partsDone} of ${this.#parts} parts are hashed`,
      );
    }
    const pieceHashes = this.#hashes;
    if (this.#pieces === 0) {
      return { digest: rootOfPieces(pieceHashes, this.exponent), pieceHashes };
    }
    const digest = new Uint8Array(DIGEST_BYTES) as Uint8Array as Digest;
    this.#content.writeRoot(digest);
    return { digest, pieceHashes };
  }

  #endPiece(): void {
    const at = this.#piecesDone++ * DIGEST_BYTES;
    const hash = this.#hashes.subarray(at, at + DIGEST_BYTES);
    // The tree of a lone piece is only as high as its own parts need.
    if (this.#pieces === 1) this.#piece.writeRoot(hash);
    else this.#piece.writeRoot(hash, this.exponent - this.partExponent);
    this.#content.add(hash);
    this.#piece.clear();
  }
}
