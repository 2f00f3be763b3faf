/**
 * A file that is there before its download begins.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import type { Metadata } from "../protocol/metadata.ts";
import type { DownloadOptions, DownloadResult } from "./download_options.ts";
import { FileExistsError } from "./errors.ts";
import { digestFile } from "./file_digest.ts";
import { lookAt } from "./own_file.ts";

/**
 * Looks whether there is a file of the name: the content itself, which need not
 * be fetched, or one that is to be left.
 *
 * @throws {FileExistsError} Where it is another one, and in the way.
 */
export async function presentFile(
  path: string,
  { metadata, options }: {
    metadata: Metadata;
    options: Pick<DownloadOptions, "hasher" | "ifExists" | "signal">;
  },
): Promise<DownloadResult | undefined> {
  const info = await lookAt(path);
  if (!info) return undefined;
  const there = { path, metadata, bytesFetched: 0, bytesKept: 0, from: [] };
  if (info.isFile && info.size === metadata.size) {
    const { hasher, signal } = options;
    const { digest, pieceHashes } = await digestFile(path, { hasher, signal });
    if (digestsEqual(digest, metadata.digest)) {
      return {
        ...there,
        metadata: asSaved(metadata, info),
        pieceHashes,
        outcome: "present",
      };
    }
  }
  switch (options.ifExists) {
    case "skip":
      return { ...there, pieceHashes: new Uint8Array(0), outcome: "skipped" };
    case "overwrite":
    case "rename":
      return undefined;
    default:
      throw new FileExistsError(path);
  }
}

/** The metadata to share a file under: whole, and with the time that it got. */
export function asSaved(
  metadata: Metadata,
  info: Deno.FileInfo | undefined,
): Metadata {
  const modified = Math.max(0, info?.mtime?.getTime() ?? 0);
  return { ...metadata, modified, partial: false };
}
