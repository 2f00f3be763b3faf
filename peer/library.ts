/**
 * What a peer can share: local files with their digests, each hashed once.
 *
 * @module
 */

import { type Metadata, NOTHING_DIGEST } from "../protocol/metadata.ts";
import { MIN_PIECE_EXPONENT } from "../protocol/piece.ts";
import { type ContentName, isFolderName } from "../protocol/name.ts";
import type { DigestCache } from "./digest_cache.ts";
import { digestFile } from "./file_digest.ts";
import type { LocalFile } from "./file_scan.ts";
import type { Hasher } from "./hasher.ts";
import type { SharedContent } from "./share_table.ts";

/** Files that are read at once: enough to keep the hashing busy with small ones. */
const FILES_AT_ONCE = 16;

/** What the reading of files can be told. */
export interface ReadOptions {
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far the reading of a file is, in bytes. */
  readonly onHashed?:
    | ((name: ContentName, hashed: number, size: number) => void)
    | undefined;
}

/** Turns local files into what can be shared. */
export class Library {
  readonly #cache: DigestCache;
  readonly #hasher: Hasher;

  /** Uses, and does not own, a cache and a hasher. */
  constructor(cache: DigestCache, hasher: Hasher) {
    this.#cache = cache;
    this.#hasher = hasher;
  }

  /**
   * Reads files, several at once. One that cannot be read does not end the
   * others.
   *
   * @param onFault Told of each that could not be read.
   * @returns What could be, in the order given.
   */
  async readAll(
    files: readonly LocalFile[],
    onFault: (file: LocalFile, error: unknown) => void,
    options: ReadOptions = {},
  ): Promise<SharedContent[]> {
    const contents: (SharedContent | undefined)[] = [];
    let next = 0;
    const readOn = async () => {
      while (next < files.length) {
        options.signal?.throwIfAborted();
        const i = next++;
        const file = files[i]!;
        try {
          contents[i] = await this.read(file, options);
        } catch (error) {
          options.signal?.throwIfAborted();
          onFault(file, error);
        }
      }
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, readOn));
    return contents.filter((content) => content !== undefined);
  }

  /**
   * Reads a file, unless its digest is known.
   *
   * @throws {Error} Where it cannot be read, or changes while it is.
   */
  async read(
    { name, path }: LocalFile,
    { signal, onHashed }: ReadOptions = {},
  ): Promise<SharedContent> {
    const info = await Deno.stat(path);
    if (isFolderName(name)) return { name, path, ...emptyFolder(info) };
    const found = this.#cache.find(path, info);
    const read = found ?? await digestFile(path, {
      hasher: this.#hasher,
      signal,
      onProgress: (hashed) => onHashed?.(name, hashed, info.size),
    });
    if (!found) this.#cache.store(path, info, read);
    const { size, digest, exponent, pieceHashes } = read;
    const modified = Math.max(0, info.mtime?.getTime() ?? 0);
    const metadata: Metadata = {
      size,
      digest,
      exponent,
      modified,
      partial: false,
    };
    return { name, path, metadata, pieceHashes };
  }
}

/** What an empty folder is shared as: a content that has no bytes. */
function emptyFolder(
  { isDirectory, mtime }: Deno.FileInfo,
): Pick<SharedContent, "metadata" | "pieceHashes"> {
  if (!isDirectory) throw new Error("it is no folder any more");
  const metadata: Metadata = {
    size: 0,
    digest: NOTHING_DIGEST,
    exponent: MIN_PIECE_EXPONENT,
    modified: Math.max(0, mtime?.getTime() ?? 0),
    partial: false,
  };
  return { metadata, pieceHashes: new Uint8Array(0) };
}
