/**
 * An empty folder is made, and nothing is asked of its sources.
 *
 * @module
 */

import { isNothing, type Metadata } from "../protocol/metadata.ts";
import { type ContentName, quote } from "../protocol/name.ts";
import type { DownloadResult } from "./download_options.ts";
import { FileExistsError } from "./errors.ts";
import { lookAt, makeFolder } from "./own_file.ts";
import type { IfExists } from "./place_file.ts";

/**
 * Makes the folder that a content name ends with `/` for, as old as its source's
 * where the system can.
 *
 * @param path Where, inside of `root`.
 * @throws {FileExistsError} Where a file has its name.
 * @throws {UnsafePathError} Where a file is in the way that was to be replaced:
 * no file is removed for a folder.
 */
export async function placeFolder(
  path: string,
  { name, metadata, root, ifExists }: {
    name: ContentName;
    metadata: Metadata;
    root: string;
    ifExists: IfExists;
  },
): Promise<DownloadResult> {
  if (!isNothing(metadata)) {
    throw new Error(
      `Cannot fetch ${
        quote(name)
      }: the index says that this empty folder has a content`,
    );
  }
  const made = { path, metadata, pieceHashes: NO_HASHES, from: [] };
  const bytes = { bytesFetched: 0, bytesKept: 0 };
  const info = await lookAt(path);
  if (info?.isDirectory) return { ...made, ...bytes, outcome: "present" };
  if (info && ifExists === "skip") {
    return { ...made, ...bytes, outcome: "skipped" };
  }
  if (info && ifExists === "fail") throw new FileExistsError(path);
  await makeFolder(root, path);
  await setTime(path, metadata.modified);
  return { ...made, ...bytes, outcome: "fetched" };
}

/** Sets when a folder was changed, but of nothing that is in its place by now. */
async function setTime(path: string, modified: number): Promise<void> {
  const info = await lookAt(path);
  if (modified === 0 || !info?.isDirectory) return;
  try {
    using folder = await Deno.open(path);
    const { dev, ino } = await folder.stat();
    if (dev !== info.dev || ino !== info.ino) return;
    const time = new Date(modified);
    await folder.utime(time, time);
  } catch {
    // Not every system opens folders; that it is there is what counts.
  }
}

const NO_HASHES = new Uint8Array(0);
