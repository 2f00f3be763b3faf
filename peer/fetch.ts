/**
 * Fetches a content that is known by its name: asks the index who has it, and
 * downloads it from them.
 *
 * @module
 */

import type { ContentName, PeerName } from "../protocol/name.ts";
import {
  download,
  type DownloadOptions,
  type DownloadResult,
} from "./download.ts";
import type { Hasher } from "./hasher.ts";
import type { IndexClient } from "./index_client.ts";
import type { SharedFolder } from "./shared_folder.ts";

/** What the fetching of a content can be told. */
export type FetchOptions = Pick<
  DownloadOptions,
  | "digest"
  | "ifExists"
  | "limitDown"
  | "maxSources"
  | "onPart"
  | "onProgress"
  | "onSourceDropped"
  | "signal"
>;

/** A content that was fetched. */
export interface Fetched extends DownloadResult {
  /** What was fetched. */
  readonly name: ContentName;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What the fetching of a content uses, and does not own. */
export interface FetchParts {
  readonly client: IndexClient;
  /** Where it is saved. */
  readonly folder: SharedFolder;
  readonly hasher: Hasher;
  /** The name of the asking peer. */
  readonly peer: PeerName;
  /** The port that the asking peer serves at, where it does: it is no source for itself. */
  readonly ownPort?: number | undefined;
}

/**
 * Fetches a content.
 *
 * @throws {NotFoundError} Where nobody shares it.
 * @throws {NoSourceError} Where none of those who share it could deliver it.
 * @throws {FileExistsError} Where another file has its name.
 * @throws {DiskError} Where it cannot be written; what was verified is kept.
 */
export async function fetchContent(
  name: ContentName,
  { client, ownPort, ...parts }: FetchParts,
  options: FetchOptions = {},
): Promise<Fetched> {
  const started = performance.now();
  const result = await download(name, {
    ...options,
    ...parts,
    // Once it is known what the name means, others that have it under another
    // name are as good.
    find: async (signal, digest) => {
      const query = digest ? { digest } : { name };
      const { metadata, sources } = await client.search(query, { signal });
      const others = sources.filter(({ peer, port }) =>
        peer !== parts.peer || port !== ownPort
      );
      return { metadata, sources: others };
    },
  });
  return { ...result, name, elapsedMs: performance.now() - started };
}
