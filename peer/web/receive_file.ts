/**
 * A file that is dropped on the page comes into the shared folder: through the
 * same checks as a name from a stranger, whole or not at all, and never over
 * another one unasked.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { ContentName } from "../../protocol/name.ts";
import { DiskError, FileExistsError } from "../errors.ts";
import { lookAt, makeFolder } from "../own_file.ts";
import { type IfExists, placeFile, syncFolder } from "../place_file.ts";
import type { SharedFolder } from "../shared_folder.ts";
import { STATE_FOLDER } from "../state_folder.ts";

/** How a file is received. */
export interface ReceiveOptions {
  readonly folder: SharedFolder;
  /** How long it is, in bytes. */
  readonly size: number;
  /** What to do where a file has its name. */
  readonly ifExists: Exclude<IfExists, "skip">;
  readonly signal: AbortSignal;
}

/** The file did not come whole. */
export class CutShortError extends Error {
  override readonly name = "CutShortError";

  /** @param name What was to be received. */
  constructor(name: ContentName, options?: ErrorOptions) {
    super(`Cannot receive ${name}: it ended early; drop it again`, options);
  }
}

/**
 * Receives a file.
 *
 * @returns Where it is: under another name than asked for only where
 * `ifExists` is `"rename"`.
 * @throws {FileExistsError} Where a file has its name.
 * @throws {CutShortError} Where less or more came than was said.
 * @throws {DiskError} Where the disk is full, say.
 * @throws {UnsafePathError} Where the name leads out of the folder.
 */
export async function receiveFile(
  name: ContentName,
  body: AsyncIterable<Uint8Array>,
  options: ReceiveOptions,
): Promise<string> {
  const { folder, ifExists } = options;
  const target = await folder.pathFor(name);
  if (ifExists === "fail" && await lookAt(target)) {
    throw new FileExistsError(target);
  }
  const temporary = join(
    await uploadFolder(folder),
    `${crypto.randomUUID()}${SUFFIX}`,
  );
  let path = temporary;
  try {
    await write(temporary, readWhole(name, body, options));
    await makeFolder(folder.path, dirname(target));
    const onPlaced = (at: string) => path = at;
    await placeFile(temporary, { to: target, ifExists, onPlaced });
    await syncFolder(dirname(path));
    return path;
  } finally {
    // It has its name by now, or nobody wants what there is of it.
    await Deno.remove(temporary).catch(() => {});
  }
}

/** Removes what a run that was killed had begun to receive. */
export async function removeLeftovers(folder: SharedFolder): Promise<void> {
  const dir = join(folder.path, STATE_FOLDER, "uploads");
  try {
    for await (const { name, isFile } of Deno.readDir(dir)) {
      if (!isFile || !name.endsWith(SUFFIX)) continue;
      const path = join(dir, name);
      using file = await Deno.open(path, { read: true, write: true });
      // Another process that still receives it holds its lock.
      if (await file.tryLock(true)) await Deno.remove(path);
    }
  } catch {
    // There are none, or they cannot be removed: they harm nobody.
  }
}

const SUFFIX = ".upload";

async function uploadFolder(folder: SharedFolder): Promise<string> {
  const path = join(folder.path, STATE_FOLDER, "uploads");
  await makeFolder(folder.path, path);
  return path;
}

async function* readWhole(
  name: ContentName,
  body: AsyncIterable<Uint8Array>,
  { size, signal }: ReceiveOptions,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const bytes of body) {
      signal.throwIfAborted();
      received += bytes.length;
      if (received > size) break;
      yield bytes;
    }
  } catch (cause) {
    throw new CutShortError(name, { cause });
  }
  if (received !== size) throw new CutShortError(name);
}

async function write(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  let file;
  try {
    // Exclusive: nothing that appears meanwhile is followed or written to.
    file = await Deno.open(path, { write: true, createNew: true });
  } catch (cause) {
    throw new DiskError(path, { task: "make", cause });
  }
  using open = file;
  await open.tryLock(true);
  for await (const bytes of chunks) await writeAll(open, { bytes, path });
  try {
    await open.sync();
  } catch (cause) {
    throw new DiskError(path, { task: "sync", cause });
  }
}

async function writeAll(
  file: Deno.FsFile,
  { bytes, path }: { bytes: Uint8Array; path: string },
): Promise<void> {
  try {
    for (let done = 0; done < bytes.length;) {
      done += await file.write(bytes.subarray(done));
    }
  } catch (cause) {
    throw new DiskError(path, { task: "write", cause });
  }
}
