/**
 * What a peer serves: exactly what is in the table, under exactly these names.
 *
 * @module
 */

import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName } from "../protocol/name.ts";
import { pieceCount } from "../protocol/piece.ts";
import { bitfieldBytes, hasBit } from "./bitfield.ts";

/** A content that is served. */
export interface SharedContent {
  /** The name that it is served under. */
  readonly name: ContentName;
  /** The file, an absolute path. It never comes from the network. */
  readonly path: string;
  /** What it is; its size and its time are compared with the file's. */
  readonly metadata: Metadata;
  /** The hashes of its pieces, 32 bytes each. */
  readonly pieceHashes: Uint8Array;
  /**
   * For a content that is still being downloaded, which of its pieces are
   * there: one bit each, the first piece in the highest bit of the first byte.
   */
  readonly have?: Uint8Array;
}

/** The contents that a peer serves, by name. */
export class ShareTable implements Iterable<SharedContent> {
  readonly #contents = new Map<ContentName, SharedContent>();

  /** How many contents there are. */
  get size(): number {
    return this.#contents.size;
  }

  /** Serves a content from now on, in place of one with the same name. */
  add(content: SharedContent): void {
    this.#contents.set(content.name, content);
  }

  /** Serves a content no longer. Returns whether it was served. */
  remove(name: ContentName): boolean {
    return this.#contents.delete(name);
  }

  /** The content of a name, or `undefined` where none is served under it. */
  get(name: ContentName): SharedContent | undefined {
    return this.#contents.get(name);
  }

  /** All contents. */
  values(): IterableIterator<SharedContent> {
    return this.#contents.values();
  }

  /** All contents. */
  [Symbol.iterator](): IterableIterator<SharedContent> {
    return this.#contents.values();
  }
}

/** Whether all pieces of a range, in bytes, are there. */
export function hasRange(
  { have, metadata }: SharedContent,
  { offset, length }: { offset: number; length: number },
): boolean {
  if (!have || length === 0) return true;
  const pieceBytes = 2 ** metadata.exponent;
  const last = Math.floor((offset + length - 1) / pieceBytes);
  for (let piece = Math.floor(offset / pieceBytes); piece <= last; piece++) {
    if (!hasBit(have, piece)) return false;
  }
  return true;
}

/** Which pieces of a content are there, one bit each. */
export function piecesOf({ have, metadata }: SharedContent): Uint8Array {
  if (have) return have;
  const pieces = pieceCount(metadata.size, metadata.exponent);
  const all = new Uint8Array(bitfieldBytes(pieces)).fill(0xff);
  // The bits after the last piece are none.
  if (pieces % 8 > 0) all[all.length - 1] = 0xff00 >> pieces % 8;
  return all;
}
