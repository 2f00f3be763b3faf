/**
 * A part file belongs to one download at a time.
 *
 * @module
 */

import { PartBusyError } from "./errors.ts";
import { isStillAt, lookAt, openOwnFile } from "./own_file.ts";

/**
 * Opens a record and locks it, which locks its part file for all of Peerdex.
 *
 * @param path The record.
 * @param part The part file, for the error.
 * @throws {PartBusyError} Where another download has it.
 */
export async function lockRecord(
  path: string,
  part: string,
): Promise<Deno.FsFile> {
  for (;;) {
    const { file } = await openOwnFile(path);
    try {
      if (!await file.tryLock(true)) throw new PartBusyError(part);
      // Whoever had the lock before may have finished, and removed the record.
      if (await isStillAt(path, file)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
}

/**
 * Removes what an earlier download left of a content that is whole by now: its
 * process was killed just after the file had its name. What is there of it by
 * halves stays: the content may be wanted under another name as well.
 *
 * @param path The record.
 * @param part The part file.
 */
export async function dropLeftovers(path: string, part: string): Promise<void> {
  if (!await lookAt(path) && !await lookAt(part)) return;
  try {
    using _ = await lockRecord(path, part);
    await dropSecondName(part);
    if (!await lookAt(part)) await Deno.remove(path);
  } catch {
    // Somebody else has it, or it may stay: it does no harm.
  }
}

/**
 * A part file with a second name was finished, and its process killed before
 * it could take the first one away: writing to it would change the finished one.
 */
export async function dropSecondName(path: string): Promise<void> {
  const info = await lookAt(path);
  if (info?.isFile && (info.nlink ?? 1) > 1) await Deno.remove(path);
}
