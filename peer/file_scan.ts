/**
 * Finds the files below a folder, and the folders that hold none, and the
 * content names that they have.
 *
 * @module
 */

import { join, SEPARATOR } from "@std/path";
import {
  type ContentName,
  contentName,
  contentNameFault,
  isFolderName,
  NameError,
} from "../protocol/name.ts";
import { isOwnFileName } from "./file_name.ts";
import { isGranted } from "./state_folder.ts";

/** A file, or an empty folder, that can be shared. */
export interface LocalFile {
  /** What it is shared as. */
  readonly name: ContentName;
  /** Where it is: absolute, without symbolic links. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970; 0 where that is not known. */
  readonly modified: number;
}

/** A file or a folder that cannot be shared. */
export interface SkippedFile {
  /** Where it is. */
  readonly path: string;
  /** Why, for people. */
  readonly reason: string;
}

/** What was found. */
export interface FileScan {
  /** In the order of their names. */
  readonly files: readonly LocalFile[];
  /** In the order in which they were met. */
  readonly skipped: readonly SkippedFile[];
}

/** How many files are looked at at once. */
const BATCH_FILES = 64;

/** Collects files, each under a name of its own. */
export class FileScanner {
  readonly #files = new Map<ContentName, LocalFile>();
  readonly #skipped: SkippedFile[] = [];
  readonly #signal: AbortSignal | undefined;

  /** @param signal Ends the scan. */
  constructor(signal?: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** What was found so far. */
  result(): FileScan {
    const files = [...this.#files.values()];
    files.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    return { files, skipped: this.#skipped };
  }

  /** Takes note of what cannot be shared. */
  skip(path: string, cause: unknown): void {
    this.#skipped.push({ path, reason: reasonOf(cause, path) });
  }

  /**
   * Takes a file, or a folder that holds nothing.
   *
   * @param path Where it is, absolute and without symbolic links.
   * @param name What it is called, a folder with `/` at the end; brought to the
   * composed form here.
   * @param options How to call the path where it is skipped.
   * @returns Whether it can be shared.
   */
  async addFile(
    path: string,
    name: string,
    { as = path }: { as?: string } = {},
  ): Promise<boolean> {
    try {
      const composed = contentName(name);
      const info = await Deno.lstat(path);
      const isFolder = isFolderName(composed);
      if (isFolder ? !info.isDirectory : !info.isFile) {
        throw new NotSharable(
          isFolder ? "it is no folder" : "it is no regular file",
        );
      }
      const other = this.#files.get(composed);
      if (other && other.path !== path) {
        throw new NotSharable(`${other.path} has the same name`);
      }
      const modified = info.mtime?.getTime() ?? 0;
      this.#files.set(composed, {
        name: composed,
        path,
        size: isFolder ? 0 : info.size,
        modified: Math.max(0, modified),
      });
      return true;
    } catch (error) {
      this.skip(as, error);
      return false;
    }
  }

  /**
   * Takes all files below a folder, and the folders below it, itself included,
   * that hold neither files nor folders to share. Symbolic links to folders are
   * not followed, those to files only where they stay below `root`.
   *
   * @param path The folder, absolute and without symbolic links.
   * @param options What the names of its files start with, empty or ending with
   * `/`, and the folder that links must not leave.
   */
  async addFolder(
    path: string,
    { prefix, root }: { prefix: string; root: string },
  ): Promise<void> {
    const folders = [{ path, prefix }];
    for (let folder; (folder = folders.pop());) {
      this.#signal?.throwIfAborted();
      const entries = await this.#read(folder.path);
      const jobs: (() => Promise<boolean>)[] = [];
      let isEmpty = entries !== undefined && folder.prefix !== "";
      for (const entry of entries ?? []) {
        if (isOwnFileName(entry.name)) continue;
        const below = join(folder.path, entry.name);
        const name = folder.prefix + entry.name;
        if (entry.isDirectory) {
          const fault = contentNameFault(name.normalize("NFC"));
          if (fault) this.skip(below, new NotSharable(fault));
          else {
            folders.push({ path: below, prefix: `${name}/` });
            isEmpty = false;
          }
        } else if (entry.isSymlink) {
          jobs.push(() => this.#addLink(below, { name, root }));
        } else {
          jobs.push(() => this.addFile(below, name));
        }
      }
      for (let i = 0; i < jobs.length; i += BATCH_FILES) {
        this.#signal?.throwIfAborted();
        const batch = jobs.slice(i, i + BATCH_FILES);
        const taken = await Promise.all(batch.map((job) => job()));
        if (taken.includes(true)) isEmpty = false;
      }
      if (isEmpty) await this.addFile(folder.path, folder.prefix);
    }
  }

  async #read(path: string): Promise<Deno.DirEntry[] | undefined> {
    try {
      const entries = await Array.fromAsync(Deno.readDir(path));
      // Which of two names that compose to the same wins must not be chance.
      return entries.sort((a, b) => a.name < b.name ? -1 : 1);
    } catch (error) {
      this.skip(path, error);
      return undefined;
    }
  }

  async #addLink(
    path: string,
    { name, root }: { name: string; root: string },
  ): Promise<boolean> {
    try {
      const real = await Deno.realPath(path);
      if (!isBelow(real, root)) {
        throw new NotSharable("it is a link that leaves the folder");
      }
      if (real.slice(root.length).split(SEPARATOR).some(isOwnFileName)) {
        throw new NotSharable("it is a link to Peerdex's own files");
      }
      const { isDirectory } = await Deno.lstat(real);
      if (isDirectory) throw new NotSharable("it is a link to a folder");
      return await this.addFile(real, name, { as: path });
    } catch (error) {
      this.skip(path, error);
      return false;
    }
  }
}

/** Whether a path is a folder or below it; both absolute and without links. */
export function isBelow(path: string, folder: string): boolean {
  if (path === folder) return true;
  const start = folder.endsWith(SEPARATOR) ? folder : folder + SEPARATOR;
  return path.startsWith(start);
}

/**
 * Checks that a path may be read, so that the user is never asked.
 *
 * @throws {Error} Where it may not.
 */
export function checkReadable(path: string): void {
  if (isGranted("read", path)) return;
  throw new NotSharable(
    "permission to read it is not given; run with --allow-read for it",
  );
}

/** Why something is not shared, said in the message. */
export class NotSharable extends Error {
  override readonly name = "NotSharable";
}

function reasonOf(cause: unknown, path: string): string {
  if (cause instanceof Deno.errors.NotFound) {
    // The runtime puts U+FFFD in the place of bytes that are no character.
    return path.includes("\uFFFD")
      ? "it is not there, or its name is not valid Unicode; rename it"
      : "it is not there";
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "permission denied";
  }
  if (cause instanceof Deno.errors.FilesystemLoop) {
    return "it is a link that leads back to itself";
  }
  if (cause instanceof NameError) {
    return cause.message.replace(/^.*": /, "its name cannot be used: ");
  }
  return cause instanceof Error ? cause.message : String(cause);
}
