/**
 * The digest of a content: its SHA-256 Merkle root, which BitTorrent v2 (BEP
 * 52) calls a file's `pieces root`.
 *
 * An empty content has no root there. Here its digest is the SHA-256 of the
 * empty string, as if it had one empty leaf.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { MAX_PIECES, pieceBytes } from "./piece.ts";
import { LEAF_EXPONENT, treeHash } from "./tree_hash.ts";

/** A SHA-256 Merkle root: 32 bytes. */
export type Digest = Uint8Array & { readonly __brand: "Digest" };

/** Bytes of a digest, and of the hash of a piece. */
export const DIGEST_BYTES = 32;

/**
 * Reads a digest.
 *
 * @param text 64 hexadecimal digits, in either case.
 * @throws {RangeError} Where it is anything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { digestOf, digestsEqual, parseDigest } from "@peerdex/peerdex/protocol";
 *
 * const digest = digestOf(new TextEncoder().encode("hello"));
 * assertEquals(digestsEqual(digest, parseDigest(digest.toHex())), true);
 * ```
 */
export function parseDigest(text: string): Digest {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new RangeError(
      "Cannot read a digest: expected 64 hexadecimal digits",
    );
  }
  return Uint8Array.fromHex(text) as Uint8Array as Digest;
}

/** Whether two digests, or two hashes, are the same bytes. */
export function digestsEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** The digest of a content that is in memory. */
export function digestOf(content: Uint8Array): Digest {
  return new Digester().update(content).digest();
}

/**
 * Makes the digest of a content that comes in parts of any length.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Digester, digestOf } from "@peerdex/peerdex/protocol";
 *
 * const content = new Uint8Array(20_000).fill(7);
 * const digester = new Digester();
 * digester.update(content.subarray(0, 1)).update(content.subarray(1));
 * assertEquals(digester.digest(), digestOf(content));
 * ```
 */
export class Digester {
  readonly #tree = TREE_HASH.growTree({ exponent: LEAF_EXPONENT });
  /** The leaf that has begun and is not whole yet. */
  #leaf: Hash | undefined;
  #leafBytes = 0;
  #digest: Digest | undefined;

  /**
   * Adds the next bytes of the content.
   *
   * @returns The same digester.
   * @throws {TypeError} Where its digest was already asked for.
   */
  update(content: Uint8Array): this {
    if (this.#digest) {
      throw new TypeError("Cannot add to a content whose digest was made");
    }
    for (let at = 0; at < content.length;) {
      const part = content.subarray(at, at + LEAF_BYTES - this.#leafBytes);
      if (part.length === LEAF_BYTES) {
        this.#tree.addLeaf(part);
      } else {
        this.#leaf ??= createHash("sha256");
        this.#leaf.update(part);
        this.#leafBytes += part.length;
        if (this.#leafBytes === LEAF_BYTES) this.#endLeaf(this.#leaf);
      }
      at += part.length;
    }
    return this;
  }

  /** The digest of all that was added. Nothing can be added afterwards. */
  digest(): Digest {
    if (!this.#digest) {
      if (this.#leaf) this.#endLeaf(this.#leaf);
      if (this.#tree.count === 0) this.#tree.addLeaf(new Uint8Array(0));
      this.#digest = new Uint8Array(DIGEST_BYTES) as Uint8Array as Digest;
      this.#tree.writeRoot(this.#digest);
    }
    return this.#digest;
  }

  #endLeaf(leaf: Hash): void {
    this.#tree.add(leaf.digest());
    this.#leaf = undefined;
    this.#leafBytes = 0;
  }
}

/**
 * The hash of one piece: the root of the subtree over its leaves.
 *
 * @param piece The bytes of the piece.
 * @param options.exponent Piece size as a power of two, 18 to 24.
 * @param options.alone Whether it is the only piece of its content, whose tree
 * is only as high as its own leaves need.
 * @throws {RangeError} Where the bytes are more than a piece, or the exponent is
 * out of range.
 */
export function hashPiece(
  piece: Uint8Array,
  { exponent, alone }: { readonly exponent: number; readonly alone: boolean },
): Uint8Array<ArrayBuffer> {
  const most = pieceBytes(exponent);
  if (piece.length > most) {
    throw new RangeError(
      `Cannot hash a piece: expected at most ${most} bytes, received ${piece.length}`,
    );
  }
  return TREE_HASH.hashParts(piece, { exponent, alone });
}

/**
 * The digest of the content that has these pieces.
 *
 * @param pieceHashes 32 bytes for each piece; none for an empty content.
 * @param exponent Piece size as a power of two, 18 to 24.
 * @throws {RangeError} Where the length is no multiple of 32, there are more than
 * 2^20 pieces, or the exponent is out of range.
 */
export function rootOfPieces(
  pieceHashes: Uint8Array,
  exponent: number,
): Digest {
  pieceBytes(exponent);
  if (pieceHashes.length === 0) return digestOf(new Uint8Array(0));
  return rootOfParts(pieceHashes, { exponent }) as Uint8Array as Digest;
}

/**
 * The root over the hashes of consecutive parts of a content.
 *
 * A piece may be hashed in parts of 16 KiB or more, in any order and by several
 * processors; this makes the hash of the piece out of theirs.
 *
 * @param hashes 32 bytes for each part.
 * @param options.exponent Bytes of a part as a power of two, 14 to 24.
 * @param options.wholeExponent Bytes of what the root is for as a power of two,
 * for a piece among others; as few as hold the parts if left out, for a whole
 * content and for a piece that is alone.
 * @throws {RangeError} Where there are no hashes, or too many, or an exponent is
 * out of range.
 */
export function rootOfParts(
  hashes: Uint8Array,
  { exponent, wholeExponent }: {
    readonly exponent: number;
    readonly wholeExponent?: number;
  },
): Uint8Array<ArrayBuffer> {
  const parts = hashes.length / DIGEST_BYTES;
  if (!Number.isInteger(parts) || parts > MAX_PIECES) {
    throw new RangeError(
      `Cannot hash a tree: expected at most ${MAX_PIECES} hashes of 32 bytes, received ${hashes.length} bytes`,
    );
  }
  const tree = TREE_HASH.growTree({ exponent });
  for (let at = 0; at < hashes.length; at += DIGEST_BYTES) {
    tree.add(hashes.subarray(at, at + DIGEST_BYTES));
  }
  const root = new Uint8Array(DIGEST_BYTES);
  tree.writeRoot(
    root,
    wholeExponent === undefined ? undefined : wholeExponent - exponent,
  );
  return root;
}

const LEAF_BYTES = 2 ** LEAF_EXPONENT;

const TREE_HASH = treeHash(createHash);
