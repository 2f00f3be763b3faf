/**
 * A finished file takes its name: whole, or not at all, and never over another
 * one unasked.
 *
 * @module
 */

import { basename, dirname, extname, join } from "@std/path";
import { NAME_PART_BYTES } from "../protocol/name.ts";
import { DiskError, FileExistsError, UnsafePathError } from "./errors.ts";
import { lookAtSync } from "./own_file.ts";

/** What to do where a file of the wanted name exists and is another one. */
export type IfExists =
  /** Give up. */
  | "fail"
  /** Leave it, and fetch nothing. */
  | "skip"
  /** Replace it. */
  | "overwrite"
  /** Save under a free name: `a (1).txt`. */
  | "rename";

/** The most free names that are tried. */
const MAX_NUMBER = 9_999;

/** The longest extension that a number is put before, in characters. */
const MAX_EXTENSION = 32;

/** How a file is moved. */
export interface PlaceOptions {
  /** The name that it shall have. */
  readonly to: string;
  readonly ifExists: IfExists;
  /** Is told its new name as soon as it has that, before it loses the old one. */
  readonly onPlaced: (path: string) => void;
}

/**
 * Moves a file to its final name, without leaving the turn: another one than was asked for only where
 * that is told to be `"rename"`.
 *
 * @param from The file, in the same file system.
 * @throws {FileExistsError} Where there is one already, and it is not to be
 * replaced.
 * @throws {DiskError} Where it cannot be moved.
 */
export function placeFile(
  from: string,
  { to, ifExists, onPlaced }: PlaceOptions,
): void {
  if (ifExists === "overwrite") {
    replace(from, to);
    return onPlaced(to);
  }
  if (moveIfFree(from, { to, onPlaced })) return;
  if (ifExists !== "rename") throw new FileExistsError(to);
  for (let number = 1; number <= MAX_NUMBER; number++) {
    if (moveIfFree(from, { to: numbered(to, number), onPlaced })) return;
  }
  throw new FileExistsError(to);
}

/** Waits until what was done in a folder would survive a power cut, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path);
    await folder.sync();
  } catch {
    // Not every system opens folders; the files themselves are synced.
  }
}

function replace(from: string, to: string): void {
  const info = lookAtSync(to);
  if (info?.isDirectory) {
    throw new UnsafePathError(to, { reason: "it is a folder" });
  }
  rename(from, to);
}

/** Moves a file unless there is one of that name. Returns whether it was moved. */
function moveIfFree(
  from: string,
  { to, onPlaced }: Omit<PlaceOptions, "ifExists">,
): boolean {
  try {
    // A second name for the file cannot replace anything, however the moment.
    Deno.linkSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (lookAtSync(to)) return false;
    // A file system without second names.
    rename(from, to);
    onPlaced(to);
    return true;
  }
  onPlaced(to);
  try {
    Deno.removeSync(from);
  } catch (cause) {
    throw new DiskError(from, { task: "remove", cause });
  }
  return true;
}

function rename(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (cause) {
    throw new DiskError(to, { task: "save", cause });
  }
}

/** The path with a number before its extension; a long name is cut for that. */
function numbered(path: string, number: number): string {
  const name = basename(path);
  const extension = extname(name).length > MAX_EXTENSION ? "" : extname(name);
  const end = ` (${number})${extension}`;
  const stem = [...name.slice(0, name.length - extension.length)];
  while (bytesOf(stem.join("") + end) > NAME_PART_BYTES) stem.pop();
  return join(dirname(path), stem.join("") + end);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
