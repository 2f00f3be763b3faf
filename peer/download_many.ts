/**
 * Downloads many contents. Small ones are asked for one after the other on few
 * connections, without waiting for each; a large one is downloaded by itself.
 *
 * @module
 */

import { basename, dirname } from "@std/path";
import { type ContentName, isFolderName } from "../protocol/name.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { download } from "./download.ts";
import type {
  DownloadOptions,
  DownloadProgress,
  DownloadResult,
} from "./download_options.ts";
import { FileBatch } from "./file_batch.ts";
import type { FoundSources } from "./find_sources.ts";
import { lookAtSync } from "./own_file.ts";
import { presentFile } from "./present_file.ts";
import type { SharedFolder } from "./shared_folder.ts";
import { SmallFetch } from "./small_fetch.ts";
import { resultOf, type SmallItem } from "./small_item.ts";

/** A content that is wanted. */
export interface WantedContent {
  /** What it is called at the index, and saved as. */
  readonly name: ContentName;
  /** What the index told of it. */
  readonly found: FoundSources;
}

/** What became of one of many. */
export type ManyResult =
  | {
    readonly name: ContentName;
    readonly result: DownloadResult;
    readonly error?: undefined;
  }
  | {
    readonly name: ContentName;
    readonly result?: undefined;
    readonly error: Error;
  };

/** How many contents are downloaded. */
export interface DownloadManyOptions extends
  Omit<
    DownloadOptions,
    "find" | "saveAs" | "digest" | "onProgress"
  > {
  /** Asks the index again, for a large content whose sources fail. */
  readonly find: (
    name: ContentName,
    ...rest: Parameters<DownloadOptions["find"]>
  ) => Promise<FoundSources>;
  /** Is told that a large content is begun, which has so many bytes. */
  readonly onLarge?: ((name: ContentName, size: number) => void) | undefined;
  /** Is told how far a large content is. */
  readonly onProgress?:
    | ((name: ContentName, progress: DownloadProgress) => void)
    | undefined;
  /** Is told what became of each, in any order. */
  readonly onResult: (result: ManyResult) => void;
}

/** The largest content that is small, in bytes: a single piece of any piece size. */
const SMALL_BYTES = 2 ** 18;

/**
 * Downloads many contents. One that fails does not end the others.
 *
 * @param wanted In the order in which they are asked for.
 * @throws {DiskError} Where the disk is full, say: nothing more can be saved.
 * @throws Whatever the signal was aborted with.
 *
 * @example
 * ```ts ignore
 * await downloadMany(wanted, {
 *   find: (name, signal, digest) => client.search({ name, digest }, { signal }),
 *   onResult: ({ name, error }) => console.log(name, error ?? "ok"),
 *   ...{ folder, hasher, peer },
 * });
 * ```
 */
export async function downloadMany(
  wanted: Iterable<WantedContent>,
  options: DownloadManyOptions,
): Promise<void> {
  const clock = options.clock ?? SYSTEM_CLOCK;
  const { folder, ifExists = "fail", onResult } = options;
  await using files = await FileBatch.open({
    folder: folder.path,
    ifExists,
    clock,
    onPlaced: (item: SmallItem, path) =>
      onResult({ name: item.name, result: resultOf(item, path) }),
    onRefused: ({ name }, error) => onResult({ name, error }),
  });
  await using small = new SmallFetch({ ...options, clock, files });
  const targets = new Targets(folder);
  const large: WantedContent[] = [];
  for (const one of wanted) {
    options.signal?.throwIfAborted();
    if (isFolderName(one.name)) {
      await downloadOne(one, { options, clock });
      continue;
    }
    if (one.found.metadata.size > SMALL_BYTES) {
      large.push(one);
      continue;
    }
    try {
      let target = targets.freeNow(one.name);
      if (target === undefined) {
        target = await targets.find(one.name);
        const { metadata } = one.found;
        const present = await presentFile(target, { metadata, options });
        if (present) {
          onResult({ name: one.name, result: present });
          continue;
        }
        await files.makeFolder(dirname(target));
        targets.learn(one.name, target);
      }
      const adding = small.add(one, target);
      if (adding) await adding;
    } catch (error) {
      tellFailure(one.name, { error, options });
    }
  }
  await small.finish();
  await files.finish();
  for (const one of large) {
    options.onLarge?.(one.name, one.found.metadata.size);
    await downloadOne(one, { options, clock });
  }
}

async function downloadOne(
  { name, found }: WantedContent,
  { options, clock }: { options: DownloadManyOptions; clock: Clock },
): Promise<void> {
  let first: FoundSources | undefined = found;
  try {
    const result = await download(name, {
      ...options,
      clock,
      digest: found.metadata.digest,
      find: (...rest) => {
        const known = first;
        first = undefined;
        return known ? Promise.resolve(known) : options.find(name, ...rest);
      },
      onProgress: (progress) => options.onProgress?.(name, progress),
    });
    options.onResult({ name, result });
  } catch (error) {
    tellFailure(name, { error, options });
  }
}

/** Tells what became of one, unless it ends all. */
function tellFailure(
  name: ContentName,
  { error, options }: { error: unknown; options: DownloadManyOptions },
): void {
  options.signal?.throwIfAborted();
  if (!(error instanceof Error)) throw error;
  options.onResult({ name, error });
}

/** Finds where files go; each folder is looked at once. */
class Targets {
  readonly #folder: SharedFolder;
  /** By the name of a folder: the start of its files' paths, and what was in it. */
  readonly #known = new Map<string, { start: string; names: Set<string> }>();

  constructor(folder: SharedFolder) {
    this.#folder = folder;
  }

  /**
   * Where a file goes whose folder is there and has none of its name.
   *
   * @returns `undefined` where that takes a look: it may be there, as a link
   * perhaps, its name is one that a disk changes, or nothing is known yet.
   */
  freeNow(name: ContentName): string | undefined {
    const known = this.#known.get(parentOf(name));
    const part = lastOf(name);
    if (!known || known.names.has(part) || !PLAIN.test(part)) return undefined;
    return known.start + part;
  }

  /** Looks where a file goes. */
  find(name: ContentName): Promise<string> {
    return this.#folder.pathFor(name);
  }

  /** Looks at the folder of a file, which was made if it was not there. */
  learn(name: ContentName, path: string): void {
    const parent = parentOf(name);
    const part = basename(path);
    if (this.#known.has(parent) || part !== lastOf(name)) return;
    // What is there may be what a link led to, in another folder.
    if (lookAtSync(path)) return;
    const start = path.slice(0, path.length - part.length);
    const names = new Set<string>();
    for (const { name } of Deno.readDirSync(dirname(path))) names.add(name);
    this.#known.set(parent, { start, names });
  }
}

function parentOf(name: ContentName): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}

function lastOf(name: ContentName): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** Names that are the same on every disk, and cannot be Peerdex's own. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*[A-Za-z0-9_-]$/;
