/**
 * The folder that a peer shares and downloads into: local files on one side,
 * content names on the other.
 *
 * @module
 */

import {
  basename,
  dirname,
  join,
  relative,
  resolve,
  SEPARATOR,
} from "@std/path";
import {
  type ContentName,
  contentName,
  isFolderName,
  quote,
} from "../protocol/name.ts";
import { UnsafePathError } from "./errors.ts";
import { isOwnFileName, toFileName } from "./file_name.ts";
import {
  checkReadable,
  type FileScan,
  FileScanner,
  isBelow,
  type LocalFile,
  NotSharable,
} from "./file_scan.ts";
import { isGranted } from "./state_folder.ts";

export type { FileScan, LocalFile, SkippedFile } from "./file_scan.ts";

/** What {@linkcode SharedFolder} can be told. */
export interface SharedFolderOptions {
  /** Whether names on disk are Windows's; found out if left out. */
  readonly windows?: boolean | undefined;
}

/**
 * The shared folder.
 *
 * @example
 * ```ts ignore
 * const folder = await SharedFolder.open("Peer_Files");
 * for (const { name, size } of (await folder.list()).files) {
 *   console.log(name, size);
 * }
 * ```
 */
export class SharedFolder {
  /** Where it is: absolute, without symbolic links. */
  readonly path: string;
  readonly #windows: boolean;

  private constructor(path: string, { windows }: SharedFolderOptions) {
    this.path = path;
    this.#windows = windows ?? Deno.build.os === "windows";
  }

  /**
   * Opens the folder; it is made when it is not there.
   *
   * @throws {Error} Where it is no folder, cannot be made, or may not be read.
   */
  static async open(
    dir: string,
    options: SharedFolderOptions = {},
  ): Promise<SharedFolder> {
    if (!isGranted("read", dir)) {
      throw new Error(
        `Cannot use the folder ${quote(dir)}: permission to read it is not ` +
          `given; run with --allow-read=${dir}`,
      );
    }
    try {
      if (isGranted("write", dir)) await Deno.mkdir(dir, { recursive: true });
      const path = await Deno.realPath(dir);
      if (!(await Deno.stat(path)).isDirectory) {
        throw new Error("it is no folder");
      }
      return new SharedFolder(path, options);
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot use the folder ${quote(dir)}: ${text}`, {
        cause,
      });
    }
  }

  /** All files, and empty folders, in the folder and below it that can be shared. */
  async list({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<
    FileScan
  > {
    const scanner = new FileScanner(signal);
    await scanner.addFolder(this.path, { prefix: "", root: this.path });
    return scanner.result();
  }

  /**
   * Finds files and folders to share, in this folder or anywhere else. A file
   * elsewhere has its own name, a folder's files are `folder/sub/file`; in this
   * folder names count from here.
   *
   * @param paths As the user gave them. One that cannot be shared is among the
   * skipped, with the reason.
   */
  async find(
    paths: Iterable<string>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<FileScan> {
    const scanner = new FileScanner(signal);
    for (const path of paths) {
      try {
        checkReadable(path);
        await this.#addGiven(path, scanner);
      } catch (error) {
        signal?.throwIfAborted();
        scanner.skip(path, error);
      }
    }
    return scanner.result();
  }

  /** Whether a folder is there that holds nothing to share. */
  async isEmptyFolder(path: string): Promise<boolean> {
    const { files: [first, ...others] } = await this.find([path]);
    return first?.path === path && isFolderName(first.name) &&
      others.length === 0;
  }

  /** The file, or folder, of this name in the folder, or `undefined`. */
  async file(name: ContentName): Promise<LocalFile | undefined> {
    const { path } = await this.#locate(name);
    const scanner = new FileScanner();
    await scanner.addFile(path, name);
    return scanner.result().files[0];
  }

  /**
   * The content name of a path in the folder.
   *
   * @throws {UnsafePathError} Where the path is not in the folder.
   * @throws {NameError} Where its name is no content name.
   */
  nameOf(path: string): ContentName {
    const absolute = resolve(path);
    if (absolute === this.path || !isBelow(absolute, this.path)) {
      throw new UnsafePathError(path, { reason: `it is not in ${this.path}` });
    }
    const parts = relative(this.path, absolute).split(SEPARATOR);
    this.#refuseOwn(parts, path);
    return contentName(parts.join("/"));
  }

  /**
   * Where to write a content of this name. What is there already is looked at,
   * nothing is made.
   *
   * @returns An absolute path in the folder, whatever links there are.
   * @throws {UnsafePathError} Where the name is reserved, leads out of the
   * folder, or is that of a folder.
   */
  async pathFor(name: ContentName): Promise<string> {
    const { path, info } = await this.#locate(name);
    if (info?.isDirectory || isFolderName(name)) {
      throw new UnsafePathError(path, { reason: "it is a folder" });
    }
    return path;
  }

  /**
   * Where to make an empty folder of this name; see `pathFor`.
   *
   * @throws {UnsafePathError} Where the name is reserved, leads out of the
   * folder, or is that of a file.
   */
  async folderPathFor(name: ContentName): Promise<string> {
    const { path } = await this.#locate(name);
    if (!isFolderName(name)) {
      throw new UnsafePathError(path, { reason: "it is the name of a file" });
    }
    return path;
  }

  /** Finds where a name is, or would be, and checks every step on the way. */
  async #locate(
    name: ContentName,
  ): Promise<{ path: string; info: Deno.FileInfo | undefined }> {
    const plain = isFolderName(name) ? name.slice(0, -1) : name;
    const parts = plain.split("/").map((part) =>
      toFileName(part, this.#windows)
    );
    this.#refuseOwn(parts, name);
    let path = this.path;
    let info: Deno.FileInfo | undefined;
    for (const [i, part] of parts.entries()) {
      ({ path, info } = await findEntry(path, part));
      if (!info) {
        return { path: join(path, ...parts.slice(i + 1)), info };
      }
      if (info.isSymlink) ({ path, info } = await this.#follow(path));
      if (!info.isDirectory && i < parts.length - 1) {
        throw new UnsafePathError(path, { reason: "it is no folder" });
      }
    }
    return { path, info };
  }

  async #follow(link: string): Promise<{ path: string; info: Deno.FileInfo }> {
    try {
      const path = await Deno.realPath(link);
      if (isBelow(path, this.path)) {
        this.#refuseOwn(relative(this.path, path).split(SEPARATOR), link);
        return { path, info: await Deno.lstat(path) };
      }
    } catch (cause) {
      if (cause instanceof UnsafePathError) throw cause;
      throw new UnsafePathError(link, { reason: "it is a link to nowhere" });
    }
    throw new UnsafePathError(link, {
      reason: `it is a link that leaves ${this.path}`,
    });
  }

  #refuseOwn(parts: readonly string[], path: string): void {
    if (!parts.some(isOwnFileName)) return;
    throw new UnsafePathError(path, {
      reason: "names that start with .peerdex are Peerdex's own",
    });
  }

  async #addGiven(path: string, scanner: FileScanner): Promise<void> {
    const real = await Deno.realPath(path);
    const info = await Deno.lstat(real);
    const inside = isBelow(real, this.path);
    const parts = inside ? relative(this.path, real).split(SEPARATOR) : [];
    if (parts.some(isOwnFileName) || isOwnFileName(basename(real))) {
      throw new NotSharable("it is Peerdex's own");
    }
    const name = inside ? parts.join("/") : givenName(path, real);
    if (!info.isDirectory) {
      await scanner.addFile(real, name, { as: path });
      return;
    }
    const prefix = name === "" ? "" : `${name}/`;
    const root = inside ? this.path : real;
    await scanner.addFolder(real, { prefix, root });
  }
}

/** What a path is called by whoever gave it: `.` and `..` have no name of their own. */
function givenName(path: string, real: string): string {
  const name = basename(path);
  const isName = name !== "." && name !== ".." && dirname(real) !== real;
  return isName ? name : basename(real) === real ? "" : basename(real);
}

/** Finds an entry of a folder, also where the disk has its name decomposed. */
async function findEntry(
  folder: string,
  name: string,
): Promise<{ path: string; info: Deno.FileInfo | undefined }> {
  const path = join(folder, name);
  const info = await lookAt(path);
  if (info || name === name.normalize("NFD")) return { path, info };
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.normalize("NFC") !== name) continue;
    const found = join(folder, entry.name);
    return { path: found, info: await lookAt(found) };
  }
  return { path, info: undefined };
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
