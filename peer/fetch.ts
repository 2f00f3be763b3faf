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
import {
  downloadMany,
  type DownloadManyOptions,
  type WantedContent,
} from "./download_many.ts";
import type { FoundSources } from "./find_sources.ts";
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

/** What the fetching of many contents can be told. */
export interface ManyFetchOptions
  extends Omit<FetchOptions, "digest" | "onPart" | "onProgress"> {
  /** Told what became of each, in any order. */
  readonly onOutcome: (outcome: FetchOutcome) => void;
  /** Told how far a large content is. */
  readonly onProgress?: DownloadManyOptions["onProgress"];
}

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
      const found = await client.search(query, { signal });
      return othersOf(found, { peer: parts.peer, ownPort });
    },
  });
  return { ...result, name, elapsedMs: performance.now() - started };
}

/** What became of one of many. */
export type FetchOutcome =
  | { readonly name: ContentName; readonly fetched: Fetched }
  | { readonly name: ContentName; readonly error: Error };

/**
 * Fetches many contents: small ones together over few connections, large ones
 * one after the other. One that fails does not end the others.
 *
 * @param onOutcome Told what became of each, in any order.
 * @throws {IndexUnreachableError} Where the index does not answer.
 */
export async function fetchMany(
  names: readonly ContentName[],
  { client, ownPort, ...parts }: FetchParts,
  { onOutcome, onProgress, ...options }: ManyFetchOptions,
): Promise<void> {
  const started = performance.now();
  const own = { peer: parts.peer, ownPort };
  const queries = names.map((name) => ({ name }));
  const searches = await client.searchAll(queries, { signal: options.signal });
  const wanted: WantedContent[] = [];
  for (const [i, { value, error }] of searches.entries()) {
    const name = names[i]!;
    if (value) wanted.push({ name, found: othersOf(value, own) });
    else if (error instanceof Error) onOutcome({ name, error });
  }
  await downloadMany(wanted, {
    ...options,
    ...parts,
    onProgress,
    find: async (_name, signal, digest) =>
      othersOf(await client.search({ digest }, { signal }), own),
    onResult: ({ name, result, error }) => {
      const elapsedMs = performance.now() - started;
      if (error) onOutcome({ name, error });
      else onOutcome({ name, fetched: { ...result, name, elapsedMs } });
    },
  });
}

/** What was found, without the peer that asks among its sources. */
function othersOf(
  { metadata, sources }: FoundSources,
  own: { readonly peer: PeerName; readonly ownPort: number | undefined },
): FoundSources {
  const others = sources.filter(({ peer, port }) =>
    peer !== own.peer || port !== own.ownPort
  );
  return { metadata, sources: others };
}
