/**
 * Many small files are written, synced and named together: a sync for each by
 * itself would take longer than all the rest.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { Clock } from "./clock.ts";
import { DiskError, FileExistsError } from "./errors.ts";
import { makeFolder, openOwnFile } from "./own_file.ts";
import { type IfExists, placeFile, syncFolder } from "./place_file.ts";
import { STATE_FOLDER } from "./state_folder.ts";

/** A small file, verified. */
export interface SmallFile {
  /** Where it shall be: absolute, in the folder. */
  readonly target: string;
  readonly bytes: Uint8Array;
  /** In milliseconds since 1970; 0 where that is not known. */
  readonly modified: number;
  readonly ifExists: IfExists;
  /** Is told where it is, and its time there, once it is. */
  readonly onPlaced: (path: string, modified: number) => void;
  /** Is told why it could not be given its name. */
  readonly onRefused: (error: FileExistsError) => void;
}

interface WrittenFile extends SmallFile {
  readonly file: Deno.FsFile;
  readonly path: string;
  readonly savedAt: number;
}

/** Files that are written before they are synced and named. */
const BATCH_FILES = 128;

/** A sync that takes longer than this is left to another thread, in milliseconds. */
const SLOW_SYNC_MS = 2;

/** How files are called that have no name of their own yet. */
/** How files are called that have no name of their own yet. */
const PREFIX = "small-";

/** Writes small files into a folder. */
export class FileBatch implements AsyncDisposable {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #parts: string;
  readonly #lock: Deno.FsFile;
  readonly #written: WrittenFile[] = [];
  readonly #made = new Set<string>();
  #number = 0;
  #isSlow = false;
  #closed = false;

  private constructor(
    { folder, clock }: { folder: string; clock: Clock },
    { parts, lock }: { parts: string; lock: Deno.FsFile },
  ) {
    this.#folder = folder;
    this.#clock = clock;
    this.#parts = parts;
    this.#lock = lock;
  }

  /**
   * Starts to write into a folder. What a killed process left behind there is
   * removed.
   *
   * @param options The folder, absolute and without links, and a clock.
   * @throws {UnsafePathError} Where its state folder is none.
   */
  static async open(
    options: { folder: string; clock: Clock },
  ): Promise<FileBatch> {
    const parts = join(options.folder, STATE_FOLDER, "parts");
    await makeFolder(options.folder, parts);
    const lock = await lockForWriters(parts);
    return new FileBatch(options, { parts, lock });
  }

  /**
   * Writes a file, and names it, or will when there are enough.
   *
   * @throws {DiskError} Where it cannot be written.
   * @throws {UnsafePathError} Where its folder cannot be made in ours.
   */
  async add(small: SmallFile): Promise<void> {
    const folder = dirname(small.target);
    if (!this.#made.has(folder)) await this.#make(folder);
    this.#written.push(this.#write(small));
    if (this.#written.length >= BATCH_FILES) await this.flush();
  }

  /** Names all that was written. */
  async flush(): Promise<void> {
    const written = this.#written.splice(0);
    try {
      for (const { file, path } of written) await this.#sync(file, path);
    } finally {
      for (const { file } of written) file.close();
    }
    for (const { path, target, ifExists, ...small } of written) {
      let placed = target;
      try {
        placeFile(path, {
          to: target,
          ifExists,
          onPlaced: (final) => placed = final,
        });
      } catch (error) {
        if (!(error instanceof FileExistsError)) throw error;
        Deno.removeSync(path);
        small.onRefused(error);
        continue;
      }
      small.onPlaced(placed, small.savedAt);
    }
  }

  /** Names what was written, and waits until the folders are synced. */
  async finish(): Promise<void> {
    await this.flush();
    for (const folder of this.#made) await syncFolder(folder);
  }

  /** Removes what was written and has no name yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { file, path } of this.#written.splice(0)) {
      file.close();
      await Deno.remove(path).catch(() => {});
    }
    this.#lock.close();
  }

  async #make(folder: string): Promise<void> {
    await makeFolder(this.#folder, folder);
    this.#made.add(folder);
  }

  #write(small: SmallFile): WrittenFile {
    for (;;) {
      const path = join(this.#parts, `${PREFIX}${Deno.pid}-${this.#number++}`);
      let file: Deno.FsFile | undefined;
      try {
        file = Deno.openSync(path, { write: true, createNew: true });
        for (let done = 0; done < small.bytes.length;) {
          done += file.writeSync(small.bytes.subarray(done));
        }
        if (small.modified !== 0) {
          const time = new Date(small.modified);
          file.utimeSync(time, time);
        }
        const savedAt = Math.max(0, file.statSync().mtime?.getTime() ?? 0);
        return { ...small, file, path, savedAt };
      } catch (cause) {
        if (cause instanceof Deno.errors.AlreadyExists) continue;
        file?.close();
        throw new DiskError(path, { task: "write", cause });
      }
    }
  }

  async #sync(file: Deno.FsFile, path: string): Promise<void> {
    const start = this.#clock.now();
    try {
      if (this.#isSlow) await file.sync();
      else file.syncSync();
    } catch (cause) {
      throw new DiskError(path, { task: "sync", cause });
    }
    if (this.#clock.now() - start > SLOW_SYNC_MS) this.#isSlow = true;
  }
}

/**
 * Locks a folder for writers of small files, of which there may be several.
 * Whoever comes when there is none removes what killed ones left behind.
 */
async function lockForWriters(parts: string): Promise<Deno.FsFile> {
  const { file } = await openOwnFile(join(parts, "small.lock"));
  try {
    if (await file.tryLock(true)) {
      for await (const { name, isFile } of Deno.readDir(parts)) {
        if (!isFile || !name.startsWith(PREFIX)) continue;
        await Deno.remove(join(parts, name));
      }
      await file.unlock();
    }
    await file.lock(false);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
