/**
 * A small content on its way from a source to the disk.
 *
 * @module
 */

import type { DownloadResult } from "./download_options.ts";
import type { WantedContent } from "./download_many.ts";
import type { SourceReport } from "./errors.ts";
import type { Source } from "./source.ts";
import { endpointOf } from "./source_error.ts";

/** A small content on its way. */
export interface SmallItem extends WantedContent {
  /** Where it is to be saved. */
  readonly target: string;
  /** Who was asked for it last: whoever gave it, once it has come. */
  source: Source | undefined;
  /** The sources that were not asked yet. */
  left: readonly Source[];
  /** What became of the others. */
  readonly reports: SourceReport[];
}

/** What is told of a content that is saved. */
export function resultOf(
  { found: { metadata }, source }: SmallItem,
  path: string,
): DownloadResult {
  const { size, digest } = metadata;
  return {
    path,
    metadata: metadata.partial ? { ...metadata, partial: false } : metadata,
    pieceHashes: size === 0 ? NO_HASHES : digest,
    outcome: "fetched",
    bytesFetched: size,
    bytesKept: 0,
    from: source
      ? [{ peer: source.peer, endpoint: endpointOf(source), bytes: size }]
      : [],
  };
}

const NO_HASHES = new Uint8Array(0);
