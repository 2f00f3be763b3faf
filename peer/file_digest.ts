/**
 * The digest of a file.
 *
 * @module
 */

import type { Digest } from "../protocol/digest.ts";
import { PieceHashes } from "../protocol/piece_hashes.ts";
import { DiskError } from "./errors.ts";
import type { Hashed, Hasher } from "./hasher.ts";

/** What is known of a file once it was read. */
export interface FileDigest {
  /** In bytes. */
  readonly size: number;
  /** Of the whole content. */
  readonly digest: Digest;
  /** Piece size as a power of two. */
  readonly exponent: number;
  /** 32 bytes for each piece. */
  readonly pieceHashes: Uint8Array;
}

/** How a file is read. */
export interface FileDigestOptions {
  /** Used, and not owned. */
  readonly hasher: Hasher;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes are hashed so far. */
  readonly onProgress?: ((hashedBytes: number) => void) | undefined;
}

/** Bytes that are read and hashed at once. */
const CHUNK_BYTES = 2 ** 21;

/** Chunks that are read before the first of them must be hashed. */
const CHUNKS_AHEAD = 4;

/**
 * Reads a file and makes its digest, with at most 8 MiB of it in memory.
 *
 * @param path A regular file.
 * @throws {DiskError} Where it cannot be read, is no regular file, or changes
 * while it is read.
 */
export async function digestFile(
  path: string,
  { hasher, signal, onProgress }: FileDigestOptions,
): Promise<FileDigest> {
  signal?.throwIfAborted();
  // Looked at first, because opening a pipe would wait for its writer.
  const before = await attempt(path, () => Deno.stat(path));
  if (!before.isFile) throw cannotRead(path, "it is no regular file");
  const { size } = before;
  const pieces = await attempt(path, () => new PieceHashes(size));
  const { exponent, partExponent, alone } = pieces;
  using file = await attempt(path, () => Deno.open(path));
  const hashing: Promise<Hashed>[] = [];
  let hashed = 0;
  const oldest = async () => {
    const { hashes, content } = await hashing.shift()!;
    pieces.add(hashes);
    hashed += content.length;
    onProgress?.(hashed);
    return content.buffer;
  };
  try {
    const chunkBytes = Math.min(size, CHUNK_BYTES);
    for (let offset = 0; offset < size; offset += chunkBytes) {
      const buffer = hashing.length < CHUNKS_AHEAD
        ? new ArrayBuffer(chunkBytes)
        : await oldest();
      const length = Math.min(chunkBytes, size - offset);
      const chunk = new Uint8Array(buffer, 0, length);
      await attempt(path, () => fill(file, chunk));
      const job = hasher.hash(chunk, { exponent: partExponent, alone, signal });
      // Its failure is met in its turn; until then nobody waits for it.
      job.catch(() => {});
      hashing.push(job);
    }
    while (hashing.length > 0) await oldest();
  } finally {
    await Promise.allSettled(hashing);
  }
  const after = await attempt(path, () => Deno.stat(path));
  if (!isSame(before, after)) throw cannotRead(path, CHANGED);
  return { size, exponent, ...pieces.finish() };
}

const CHANGED = "it changed while it was read; try again when it is complete";

async function fill(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let got = 0; got < chunk.length;) {
    const count = await file.read(chunk.subarray(got));
    if (count === null) throw new Error(CHANGED);
    got += count;
  }
}

function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.size === b.size && a.mtime?.getTime() === b.mtime?.getTime() &&
    a.ino === b.ino && a.dev === b.dev;
}

async function attempt<T>(
  path: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DiskError(path, { task: "read", cause });
  }
}

function cannotRead(path: string, reason: string): DiskError {
  return new DiskError(path, { task: "read", cause: new Error(reason) });
}
