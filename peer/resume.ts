/**
 * What an earlier download left behind is hashed again before it counts: a
 * record may be newer than what reached the disk, and anybody may have written
 * to the file since.
 *
 * @module
 */

import { DIGEST_BYTES } from "../protocol/digest.ts";
import { bitfieldBytes, hasBit, setBit } from "./bitfield.ts";
import { type BlockMap, MAX_BLOCK_BYTES } from "./block_map.ts";
import type { Hasher } from "./hasher.ts";
import type { PartFile } from "./part_file.ts";
import { PieceChecker } from "./piece_checker.ts";

/** How a part file is checked. */
export interface ResumeOptions {
  readonly map: BlockMap;
  /** The hashes of the pieces, which were proved. */
  readonly hashes: Uint8Array;
  /** Piece size as a power of two. */
  readonly exponent: number;
  readonly hasher: Hasher;
  readonly signal?: AbortSignal | undefined;
}

/** Reads that are hashed at once. */
const MAX_READS = 6;

/**
 * Finds the pieces of a part file that are right.
 *
 * @returns One bit for each piece.
 * @throws {DiskError} Where the file cannot be read.
 */
export async function verifiedPieces(
  part: PartFile,
  options: ResumeOptions,
): Promise<Uint8Array> {
  const { map, hashes, exponent } = options;
  const verified = new Uint8Array(bitfieldBytes(map.pieces));
  if (!part.existed) return verified;
  const checker = new PieceChecker<undefined>(map, { hashes, exponent });
  const claimed = part.left?.verified;
  const running: Promise<void>[] = [];
  try {
    for (const [first, count] of runsOf(map, claimed)) {
      options.signal?.throwIfAborted();
      const { offset, length } = map.run(first, count);
      const bytes = new Uint8Array(length);
      if (!await part.read(bytes, offset)) break;
      if (running.length >= MAX_READS) await running.shift();
      running.push(check(bytes, { ...options, first, checker, verified }));
    }
    await Promise.all(running);
    return verified;
  } finally {
    await Promise.allSettled(running);
  }
}

/** Consecutive blocks that may be right; without a record, all. */
function* runsOf(
  map: BlockMap,
  claimed: Uint8Array | undefined,
): Generator<[first: number, count: number]> {
  const most = MAX_BLOCK_BYTES / map.blockBytes;
  const isClaimed = (block: number) =>
    block < map.blocks && (!claimed || hasBit(claimed, map.pieceOf(block)));
  for (let first = 0; first < map.blocks;) {
    let count = 0;
    while (count < most && isClaimed(first + count)) count++;
    if (count > 0) yield [first, count];
    first += Math.max(1, count);
  }
}

async function check(
  bytes: Uint8Array<ArrayBuffer>,
  { map, hasher, signal, first, checker, verified }: ResumeOptions & {
    first: number;
    checker: PieceChecker<undefined>;
    verified: Uint8Array;
  },
): Promise<void> {
  const { hashes } = await hasher.hash(bytes, {
    exponent: Math.log2(map.blockBytes),
    alone: map.blocks === 1,
    signal,
  });
  for (let i = 0; i * DIGEST_BYTES < hashes.length; i++) {
    const hash = hashes.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
    const verdict = checker.add(first + i, { hash, source: undefined });
    if (verdict.type === "right") setBit(verified, map.pieceOf(first + i));
  }
}
