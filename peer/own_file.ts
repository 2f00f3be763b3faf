/**
 * Files and folders that a download makes: never through a link, never outside
 * the folder that the user named.
 *
 * @module
 */

import { join, relative, SEPARATOR } from "@std/path";
import { DiskError, UnsafePathError } from "./errors.ts";

/**
 * Makes a folder below `root`, and those on the way to it.
 *
 * @param root An existing folder, absolute and without links.
 * @param path The folder wanted, absolute and below `root`.
 * @throws {UnsafePathError} Where the way leads through a link, a file, or out
 * of `root`.
 * @throws {DiskError} Where one cannot be made.
 */
export async function makeFolder(root: string, path: string): Promise<void> {
  const way = relative(root, path);
  if (way === "") return;
  let at = root;
  for (const part of way.split(SEPARATOR)) {
    if (part === "..") {
      throw new UnsafePathError(path, { reason: `it is not in ${root}` });
    }
    at = join(at, part);
    if (await isFolder(at)) continue;
    try {
      await Deno.mkdir(at);
    } catch (cause) {
      // Another download may have made it since.
      if (await isFolder(at)) continue;
      throw new DiskError(at, { task: "make the folder", cause });
    }
  }
}

/**
 * Opens a file to read and write, which is made where it is not there.
 *
 * @returns The file, and whether it was there before.
 * @throws {UnsafePathError} Where it is a link, or no regular file.
 * @throws {DiskError} Where it cannot be opened.
 */
export async function openOwnFile(
  path: string,
): Promise<{ file: Deno.FsFile; existed: boolean }> {
  const access = { read: true, write: true };
  for (;;) {
    const info = await lookAt(path);
    try {
      if (!info) {
        // Exclusive: a link that appears meanwhile is not followed.
        const file = await Deno.open(path, { ...access, createNew: true });
        return { file, existed: false };
      }
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) continue;
      throw new DiskError(path, { task: "make", cause });
    }
    if (!info.isFile) {
      throw new UnsafePathError(path, {
        reason: "it is in the place of one of Peerdex's own files, but is " +
          "none; move it away",
      });
    }
    let file;
    try {
      file = await Deno.open(path, access);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) continue;
      throw new DiskError(path, { task: "open", cause });
    }
    if (sameFile(await file.stat(), info)) return { file, existed: true };
    file.close();
  }
}

/** Whether the file at a path is still the one that is open. */
export async function isStillAt(
  path: string,
  file: Deno.FsFile,
): Promise<boolean> {
  const info = await lookAt(path);
  return info !== undefined && sameFile(await file.stat(), info);
}

/** What is at a path, links not followed, or `undefined` where nothing is. */
export async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new DiskError(path, { task: "look at", cause });
  }
}

/** The same as {@linkcode lookAt}, without leaving the turn. */
export function lookAtSync(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new DiskError(path, { task: "look at", cause });
  }
}

async function isFolder(path: string): Promise<boolean> {
  const info = await lookAt(path);
  if (!info) return false;
  if (info.isDirectory) return true;
  throw new UnsafePathError(path, {
    reason: info.isSymlink
      ? "it is a link, and files are saved in real folders only"
      : "it is a file where a folder must be",
  });
}

function sameFile(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.isFile && b.isFile && a.ino === b.ino && a.dev === b.dev;
}
