/**
 * Fetches a content that is known by its name: asks the index who has it, and
 * downloads it from them.
 *
 * @module
 */

import { type Digest, digestsEqual } from "../protocol/digest.ts";
import { keysEqual, type PublicKey } from "../protocol/key.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";
import { askMetadata } from "./ask_metadata.ts";
import { otherContent } from "./check_metadata.ts";
import { claimsOf, findClaim, mayBeFalse, sameClaim } from "./claims.ts";
import {
  download,
  type DownloadOptions,
  type DownloadProgress,
  type DownloadResult,
} from "./download.ts";
import { downloadMany, type WantedContent } from "./download_many.ts";
import type { FoundSources } from "./find_sources.ts";
import type { Hasher } from "./hasher.ts";
import type { IndexClient } from "./index_client.ts";
import type { SharedFolder } from "./shared_folder.ts";
import type { Source } from "./source.ts";

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
  extends Omit<FetchOptions, "digest" | "onProgress"> {
  /** Told what became of each, in any order. */
  readonly onOutcome: (outcome: FetchOutcome) => void;
  /** Told how many bytes all that was found has, before any of it is fetched. */
  readonly onFound?: ((bytes: number) => void) | undefined;
  /** Told that a large content is begun, which has so many bytes. */
  readonly onLarge?: ((name: ContentName, size: number) => void) | undefined;
  /** Told how far a large content is. */
  readonly onProgress?:
    | ((name: ContentName, progress: DownloadProgress) => void)
    | undefined;
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
  /** Where the asking peer serves, if it does: it is no source for itself. */
  readonly self?: Self | undefined;
}

/** What a peer knows itself by among the sources of a content. */
export interface Self {
  /** The port that it serves at. */
  readonly port: number;
  /** The key that it registers with. */
  readonly key: PublicKey;
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
  { client, self, ...parts }: FetchParts,
  options: FetchOptions = {},
): Promise<Fetched> {
  const started = performance.now();
  // Once it is known what the name means, others that have it under another
  // name are as good.
  const find = async (
    signal: AbortSignal | undefined,
    digest: Digest | undefined,
  ) => {
    const query = digest ? { digest } : { name };
    const found = await client.search(query, { signal });
    return othersOf(found, { peer: parts.peer, self });
  };
  const claims = [...claimsOf(await find(options.signal, options.digest))];
  for (;;) {
    try {
      const result = await download(name, {
        ...options,
        ...parts,
        find: findClaim(claims.shift()!, find),
      });
      return { ...result, name, elapsedMs: performance.now() - started };
    } catch (error) {
      if (claims.length === 0 || !mayBeFalse(error)) throw error;
    }
  }
}

/** What became of one of many. */
export type FetchOutcome =
  | { readonly name: ContentName; readonly fetched: Fetched }
  | { readonly name: ContentName; readonly error: Error };

/** A content that is wanted. */
export interface Wish {
  /** What it is called, and saved as. */
  readonly name: ContentName;
  /** The content that must be meant, whatever the newest registration says. */
  readonly digest?: Digest | undefined;
  /** The source whose content must be meant, whatever the newest one is. */
  readonly from?: Source | undefined;
}

/**
 * Fetches many contents: small ones together over few connections, large ones
 * one after the other. One that fails does not end the others.
 *
 * @param onOutcome Told what became of each, in any order.
 * @throws {IndexUnreachableError} Where the index does not answer.
 */
export async function fetchMany(
  wishes: readonly Wish[],
  { client, self, ...parts }: FetchParts,
  { onOutcome, onFound, onProgress, ...options }: ManyFetchOptions,
): Promise<void> {
  const started = performance.now();
  const own = { peer: parts.peer, self };
  const queries = wishes.map(({ name, digest }) =>
    digest ? { digest } : { name }
  );
  const searches = await client.searchAll(queries, { signal: options.signal });
  const wanted: WantedContent[] = [];
  const unlike: (Wish & { readonly from: Source })[] = [];
  for (const [i, { value, error }] of searches.entries()) {
    const { name, digest, from } = wishes[i]!;
    if (from && !(value && isFrom(from, value))) unlike.push({ name, from });
    else if (error) onOutcome({ name, error });
    else if (digest && !digestsEqual(value!.metadata.digest, digest)) {
      onOutcome({ name, error: otherContent(name) });
    } else wanted.push({ name, found: othersOf(value!, own) });
  }
  for (
    const [name, answer] of await askMetadata(unlike, { ...parts, ...options })
  ) {
    if (answer instanceof Error) onOutcome({ name, error: answer });
    else wanted.push({ name, found: answer });
  }
  const left = wanted.map(({ name, found }) => ({
    name,
    claims: claimsOf(found),
  }));
  onFound?.(
    left.reduce((sum, { claims }) => sum + claims[0]!.metadata.size, 0),
  );
  while (left.length > 0) {
    const trying = left.splice(0);
    const byName = new Map(trying.map((one) => [one.name, one]));
    await downloadMany(
      trying.map(({ name, claims }) => ({ name, found: claims[0]! })),
      {
        ...options,
        ...parts,
        onProgress,
        find: async (name, signal, digest) =>
          sameClaim(
            byName.get(name)!.claims[0]!,
            othersOf(await client.search({ digest }, { signal }), own),
          ),
        onResult: ({ name, result, error }) => {
          const elapsedMs = performance.now() - started;
          if (result) {
            onOutcome({ name, fetched: { ...result, name, elapsedMs } });
            return;
          }
          const { claims } = byName.get(name)!;
          if (claims.length > 1 && mayBeFalse(error)) {
            left.push({ name, claims: claims.slice(1) });
          } else onOutcome({ name, error });
        },
      },
    );
  }
}

/** Whether a source is among those of what was found. */
function isFrom(
  { peer, hostname, port }: Source,
  { sources }: FoundSources,
): boolean {
  return sources.some((source) =>
    source.peer === peer && source.hostname === hostname &&
    source.port === port
  );
}

/** What was found, without the peer that asks among its sources. */
function othersOf(
  { metadata, sources }: FoundSources,
  own: { readonly peer: PeerName; readonly self: Self | undefined },
): FoundSources {
  return { metadata, sources: sources.filter((source) => !isOwn(source, own)) };
}

/** Whether a source is the peer that asks. */
function isOwn(
  { peer, port, key }: Source,
  own: { readonly peer: PeerName; readonly self: Self | undefined },
): boolean {
  if (!own.self) return false;
  // Others may have our name, and serve at the same port of another machine.
  // Where many share a content, an index has no room for keys.
  return key
    ? keysEqual(key, own.self.key)
    : peer === own.peer && port === own.self.port;
}
