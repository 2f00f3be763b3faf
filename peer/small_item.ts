/**
 * A small content on its way from a source to the disk.
 *
 * @module
 */

import type { Contribution } from "./download_options.ts";
import type { DownloadManyOptions, WantedContent } from "./download_many.ts";
import type { SourceReport } from "./errors.ts";
import type { SmallFile } from "./file_batch.ts";
import type { Source } from "./source.ts";

/** A small content on its way. */
export interface SmallItem extends WantedContent {
  /** Where it is to be saved. */
  readonly target: string;
  /** The sources that were not asked yet. */
  readonly left: Source[];
  /** What became of the others. */
  readonly reports: SourceReport[];
}

/** How a content is saved, and what is told of it then. */
export function smallFile(
  { name, found: { metadata }, target }: SmallItem,
  { from, onResult }: {
    from: readonly Contribution[];
    onResult: DownloadManyOptions["onResult"];
  },
): SmallFile {
  return {
    target,
    size: metadata.size,
    modified: metadata.modified,
    onPlaced: (path) =>
      onResult({
        name,
        result: {
          path,
          metadata: { ...metadata, partial: false },
          pieceHashes: metadata.size === 0 ? NO_HASHES : metadata.digest,
          outcome: "fetched",
          bytesFetched: metadata.size,
          bytesKept: 0,
          from,
        },
      }),
    onRefused: (error) => onResult({ name, error }),
  };
}

const NO_HASHES = new Uint8Array(0);
