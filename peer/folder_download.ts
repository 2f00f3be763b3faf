/**
 * Downloads an empty folder: it is made, and nothing is asked of its sources.
 *
 * @module
 */

import { digestsEqual } from "../protocol/digest.ts";
import { isNothing } from "../protocol/metadata.ts";
import { type ContentName, quote } from "../protocol/name.ts";
import { otherContent } from "./check_metadata.ts";
import type { DownloadOptions, DownloadResult } from "./download_options.ts";
import { FileExistsError } from "./errors.ts";
import { lookAt, makeFolder } from "./own_file.ts";

/**
 * Makes the folder that a content name ends with `/` for.
 *
 * @throws {FileExistsError} Where a file has its name.
 * @throws {UnsafePathError} Where the name leads out of the folder, or a file is
 * in the way that was to be replaced: no file is removed for a folder.
 */
export async function downloadFolder(
  name: ContentName,
  options: DownloadOptions,
): Promise<DownloadResult> {
  const { folder, find, digest, ifExists = "fail", saveAs = name } = options;
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const path = await folder.folderPathFor(saveAs);
  const { metadata } = await find(signal, digest);
  if (digest && !digestsEqual(metadata.digest, digest)) {
    throw otherContent(name);
  }
  if (!isNothing(metadata)) {
    throw new Error(
      `Cannot fetch ${
        quote(name)
      }: the index says that this empty folder has ` +
        "a content",
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
  await makeFolder(folder.path, path);
  return { ...made, ...bytes, outcome: "fetched" };
}

const NO_HASHES = new Uint8Array(0);
