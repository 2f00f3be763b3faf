/**
 * Pieces are put together from blocks, and held against their hashes.
 *
 * @module
 */

import {
  type Digest,
  DIGEST_BYTES,
  digestsEqual,
  rootOfParts,
  rootOfPieces,
} from "../protocol/digest.ts";
import type { BlockMap } from "./block_map.ts";

/** Whether these are the hashes of the pieces of the content with this digest. */
export function provesDigest(
  hashes: Uint8Array,
  { digest, exponent, map }: {
    digest: Digest;
    exponent: number;
    map: BlockMap;
  },
): boolean {
  if (hashes.length !== map.pieces * DIGEST_BYTES) return false;
  const root = map.pieces === 1 ? hashes : rootOfPieces(hashes, exponent);
  return digestsEqual(root, digest);
}

/** What became of a piece when its last block came. */
export type PieceVerdict<S> =
  /** Its blocks are not all there yet. */
  | { readonly type: "open" }
  /** It is right; who gave how many bytes of it, and who had given wrong ones before. */
  | {
    readonly type: "right";
    readonly from: ReadonlyMap<S, number>;
    readonly liars: ReadonlySet<S>;
  }
  /** It is wrong, and these gave wrong blocks; none where that is not known yet. */
  | { readonly type: "wrong"; readonly liars: ReadonlySet<S> };

interface PieceParts<S> {
  readonly hashes: Uint8Array;
  readonly from: (S | undefined)[];
  come: number;
}

interface Suspicion<S> {
  /** The only source that is asked for this piece, where one is. */
  source: S | undefined;
  /** What came when the piece was wrong: one of them lied. */
  readonly suspects: PieceParts<S>[];
}

/**
 * Holds what came against the hashes of the pieces.
 *
 * A piece of several blocks may come from several sources. Where it is wrong,
 * nobody knows at first whose fault that is: the piece is asked of one source
 * alone then, and once it is right, its blocks tell who lied.
 */
export class PieceChecker<S> {
  readonly #map: BlockMap;
  readonly #exponent: number;
  readonly #hashes: Uint8Array;
  readonly #parts = new Map<number, PieceParts<S>>();
  readonly #suspicions = new Map<number, Suspicion<S>>();

  /**
   * @param map How the content is cut.
   * @param options The hashes of its pieces, which were proved, and its piece
   * size as a power of two.
   */
  constructor(
    map: BlockMap,
    { hashes, exponent }: { hashes: Uint8Array; exponent: number },
  ) {
    this.#map = map;
    this.#hashes = hashes;
    this.#exponent = exponent;
  }

  /** Whether any piece may be asked of certain sources only. */
  get isChoosy(): boolean {
    return this.#suspicions.size > 0;
  }

  /** Whether a piece may be asked of a source. */
  mayAsk(piece: number, source: S): boolean {
    const suspicion = this.#suspicions.get(piece);
    return !suspicion || suspicion.source === source ||
      suspicion.source === undefined;
  }

  /** A source is asked for a piece: if only one may be, it is this one from now on. */
  ask(piece: number, source: S): void {
    const suspicion = this.#suspicions.get(piece);
    if (suspicion) suspicion.source ??= source;
  }

  /**
   * Takes a source for gone.
   *
   * @returns The pieces of which all that came must be fetched again: they must
   * come from one source alone, and this was it.
   */
  leave(source: S): number[] {
    const pieces: number[] = [];
    for (const [piece, suspicion] of this.#suspicions) {
      if (suspicion.source !== source) continue;
      suspicion.source = undefined;
      this.#parts.delete(piece);
      pieces.push(piece);
    }
    return pieces;
  }

  /** Whether a piece of a single block is right. */
  isRight(piece: number, hash: Uint8Array): boolean {
    return digestsEqual(hash, this.#hashOf(piece));
  }

  /** Takes the hash of a block that came, and is not there yet. */
  add(
    block: number,
    { hash, source }: { hash: Uint8Array; source: S },
  ): PieceVerdict<S> {
    const piece = this.#map.pieceOf(block);
    const first = this.#map.firstBlockOf(piece);
    const count = this.#map.endBlockOf(piece) - first;
    let parts = this.#parts.get(piece);
    if (!parts) {
      parts = {
        hashes: new Uint8Array(count * DIGEST_BYTES),
        from: Array<S | undefined>(count).fill(undefined),
        come: 0,
      };
      this.#parts.set(piece, parts);
    }
    const index = block - first;
    parts.hashes.set(hash, index * DIGEST_BYTES);
    parts.from[index] = source;
    parts.come++;
    if (parts.come < count) return { type: "open" };
    this.#parts.delete(piece);
    return this.isRight(piece, this.#pieceHash(parts.hashes))
      ? this.#right(piece, parts)
      : this.#wrong(piece, parts);
  }

  #right(piece: number, parts: PieceParts<S>): PieceVerdict<S> {
    const from = new Map<S, number>();
    for (const [i, source] of parts.from.entries()) {
      const { length } = this.#map.run(this.#map.firstBlockOf(piece) + i, 1);
      from.set(source!, (from.get(source!) ?? 0) + length);
    }
    const liars = new Set<S>();
    for (const suspect of this.#suspicions.get(piece)?.suspects ?? []) {
      for (const [i, source] of suspect.from.entries()) {
        const at = i * DIGEST_BYTES;
        const end = at + DIGEST_BYTES;
        if (
          !digestsEqual(
            suspect.hashes.subarray(at, end),
            parts.hashes.subarray(at, end),
          )
        ) liars.add(source!);
      }
    }
    this.#suspicions.delete(piece);
    return { type: "right", from, liars };
  }

  #wrong(piece: number, parts: PieceParts<S>): PieceVerdict<S> {
    const sources = new Set(parts.from as S[]);
    let suspicion = this.#suspicions.get(piece);
    if (sources.size === 1) {
      if (suspicion) suspicion.source = undefined;
      return { type: "wrong", liars: sources };
    }
    suspicion ??= { source: undefined, suspects: [] };
    suspicion.suspects.push(parts);
    this.#suspicions.set(piece, suspicion);
    return { type: "wrong", liars: new Set() };
  }

  #pieceHash(blockHashes: Uint8Array): Uint8Array {
    const { blocks, blocksPerPiece } = this.#map;
    if (blocks === 1 || blocksPerPiece === 1) return blockHashes;
    const exponent = Math.log2(this.#map.blockBytes);
    return this.#map.pieces === 1
      ? rootOfParts(blockHashes, { exponent })
      : rootOfParts(blockHashes, { exponent, wholeExponent: this.#exponent });
  }

  #hashOf(piece: number): Uint8Array {
    const at = piece * DIGEST_BYTES;
    return this.#hashes.subarray(at, at + DIGEST_BYTES);
  }
}
