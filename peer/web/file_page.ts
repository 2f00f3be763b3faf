/**
 * One page of this peer's own files.
 *
 * @module
 */

import type { ContentName } from "../../protocol/name.ts";
import { NotFoundError } from "../index_error.ts";
import type { Peer } from "../peer.ts";
import type { FolderGlance } from "./folder_glance.ts";
import type { SharedContent } from "../share_table.ts";

/** One page of the peer's own files. */
export interface FilePage {
  readonly files: readonly OwnFile[];
  /** Files that match. */
  readonly count: number;
  /** Files that are shared, whether they match or not. */
  readonly shared: number;
  /** Bytes of those. */
  readonly sharedBytes: number;
  /** The number of the first on this page. */
  readonly offset: number;
}

/** A file of the peer's own, as the page shows it. */
export interface OwnFile {
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modified: number;
  readonly shared: boolean;
  /** Whether it is in the shared folder. */
  readonly inFolder: boolean;
  /** Peers that share the same, this one too; `null` where that is not known. */
  readonly sources: number | null;
}

/** What {@linkcode filePage} is asked for. */
export interface FileQuery {
  /** Words that a name must hold, in either case. */
  readonly filter: string;
  /** The number of the first. */
  readonly offset: number;
}

/** Files of a page. */
export const FILES_PER_PAGE = 50;

/** How long the index may take to say who else has them, in milliseconds. */
const SOURCES_MS = 2_000;

/** Looks at the folder, at what is shared, and asks the index who else has it. */
export async function filePage(
  { peer, glance }: { peer: Peer; glance: FolderGlance },
  { filter, offset }: FileQuery,
  signal: AbortSignal,
): Promise<FilePage> {
  const shares = new Map(
    peer.shared()
      // What is still being downloaded is no file yet.
      .filter(({ metadata }) => !metadata.partial)
      .map((each) => [each.name, each]),
  );
  const found = await glance.files();
  signal.throwIfAborted();
  const all = new Map(
    found.map(({ name, size, modified }) => [name, {
      ...{ name, size, modified },
      shared: shares.has(name),
      inFolder: true,
    }]),
  );
  for (const { name, metadata: { size, modified } } of shares.values()) {
    if (all.has(name)) continue;
    all.set(name, { name, size, modified, shared: true, inFolder: false });
  }
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const matching = [...all.values()]
    .filter(({ name }) => {
      const text = name.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const last = Math.max(0, matching.length - 1);
  const start = Math.min(offset, last - last % FILES_PER_PAGE);
  const shown = matching.slice(start, start + FILES_PER_PAGE);
  const sharedBytes = [...shares.values()]
    .reduce((sum, { metadata }) => sum + metadata.size, 0);
  return {
    files: await Promise.all(shown.map(async (file) => ({
      ...file,
      sources: await countSources(peer, shares.get(file.name), signal),
    }))),
    count: matching.length,
    shared: shares.size,
    sharedBytes,
    offset: start,
  };
}

async function countSources(
  peer: Peer,
  content: SharedContent | undefined,
  signal: AbortSignal,
): Promise<number | null> {
  if (!content) return null;
  const { digest } = content.metadata;
  try {
    const late = AbortSignal.timeout(SOURCES_MS);
    const both = AbortSignal.any([signal, late]);
    return (await peer.search({ digest }, { signal: both })).count;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof NotFoundError ? 0 : null;
  }
}
