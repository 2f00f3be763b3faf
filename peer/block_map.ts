/**
 * Blocks: what is asked for at once. A block is a piece, or a mebibyte of a
 * larger piece, so that no buffer grows with the content.
 *
 * @module
 */

import { pieceCount } from "../protocol/piece.ts";

/** The largest block, in bytes. It is also the most that one request asks for. */
export const MAX_BLOCK_BYTES = 2 ** 20;

/** Consecutive blocks that are asked for, read and verified together. */
export interface Run {
  /** The first block. */
  readonly first: number;
  /** How many. */
  readonly count: number;
  /** Where they begin in the content, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** How a content is cut into pieces and blocks. */
export class BlockMap {
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes of a piece. */
  readonly pieceBytes: number;
  /** How many pieces there are. */
  readonly pieces: number;
  /** Bytes of a block. */
  readonly blockBytes: number;
  /** How many blocks there are. */
  readonly blocks: number;
  /** Blocks of a piece. */
  readonly blocksPerPiece: number;

  /** Cuts a content of this size, in bytes, and piece size, as a power of two. */
  constructor({ size, exponent }: { size: number; exponent: number }) {
    this.size = size;
    this.pieceBytes = 2 ** exponent;
    this.pieces = pieceCount(size, exponent);
    this.blockBytes = Math.min(this.pieceBytes, MAX_BLOCK_BYTES);
    this.blocks = Math.ceil(size / this.blockBytes);
    this.blocksPerPiece = this.pieceBytes / this.blockBytes;
  }

  /** The piece that a block belongs to. */
  pieceOf(block: number): number {
    return Math.floor(block / this.blocksPerPiece);
  }

  /** The first block of a piece. */
  firstBlockOf(piece: number): number {
    return piece * this.blocksPerPiece;
  }

  /** The block after the last one of a piece. */
  endBlockOf(piece: number): number {
    return Math.min(this.blocks, (piece + 1) * this.blocksPerPiece);
  }

  /** The length of a piece, in bytes. */
  pieceLength(piece: number): number {
    return Math.min(this.pieceBytes, this.size - piece * this.pieceBytes);
  }

  /** Consecutive blocks as a run. */
  run(first: number, count: number): Run {
    const offset = first * this.blockBytes;
    const length = Math.min(count * this.blockBytes, this.size - offset);
    return { first, count, offset, length };
  }
}
