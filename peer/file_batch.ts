/**
 * Many small files are written, synced and named together: a sync for each by
 * itself would take longer than all the rest.
 *
 * @module
 */

import { join } from "@std/path";
import type { Metadata } from "../protocol/metadata.ts";
import type { Clock } from "./clock.ts";
import { DiskError, FileExistsError } from "./errors.ts";
import { makeFolder, openOwnFile } from "./own_file.ts";
import { type IfExists, placeFile, syncFolder } from "./place_file.ts";
import { SmallWriter, type WriteFault } from "./small_writer.ts";
import { PARTS_FOLDER, STATE_FOLDER } from "./state_folder.ts";

/** A small file, verified. */
export interface SmallFile {
  /** Where it shall be: absolute, in the folder. */
  readonly target: string;
  readonly found: {
    /** Its size in bytes, and its time in milliseconds since 1970; 0 where that is not known. */
    readonly metadata: Pick<Metadata, "size" | "modified">;
  };
}

/** How small files are written. */
export interface FileBatchOptions<File> {
  /** Where they shall be, absolute and without links. */
  readonly folder: string;
  readonly ifExists: IfExists;
  readonly clock: Clock;
  /** Is told where a file is, once it is there. */
  readonly onPlaced: (file: File, path: string) => void;
  /** Is told why a file could not be given its name. */
  readonly onRefused: (file: File, error: FileExistsError) => void;
}

/** The most files that are synced and named together. */
const BATCH_FILES = 128;

/** The most that they hold together, in bytes; the largest must fit. */
const BATCH_BYTES = 2 ** 20;

/** Batches that are filled and written at the same time. */
const BATCHES = 4;

/** How files are called that have no name of their own yet. */
const PREFIX = "small-";

/** Writes small files into a folder. */
export class FileBatch<File extends SmallFile> implements AsyncDisposable {
  readonly #options: FileBatchOptions<File>;
  readonly #parts: string;
  readonly #lock: Deno.FsFile;
  readonly #writer: SmallWriter;
  readonly #made = new Set<string>();
  readonly #writing = new Set<Promise<void>>();
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #buffers = 0;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #files: File[] = [];
  #number = 0;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  private constructor(
    options: FileBatchOptions<File>,
    { parts, lock }: { parts: string; lock: Deno.FsFile },
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#lock = lock;
    this.#writer = new SmallWriter(() => options.clock.now());
  }

  /**
   * Starts to write into a folder. What a killed process left behind there is
   * removed.
   *
   * @throws {UnsafePathError} Where its state folder is none.
   */
  static async open<File extends SmallFile>(
    options: FileBatchOptions<File>,
  ): Promise<FileBatch<File>> {
    const parts = join(options.folder, STATE_FOLDER, PARTS_FOLDER);
    await makeFolder(options.folder, parts);
    const lock = await lockForWriters(parts);
    return new FileBatch(options, { parts, lock });
  }

  /**
   * Makes a folder of files.
   *
   * @throws {UnsafePathError} Where it cannot be made in ours.
   */
  async makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await makeFolder(this.#options.folder, folder);
    this.#made.add(folder);
  }

  /**
   * Where to put the bytes of the next file. Nobody else may ask before it was
   * {@linkcode FileBatch.add}ed, or is not to be.
   *
   * @returns `undefined` where one has to wait until there is {@linkcode FileBatch.room}.
   */
  roomNow(size: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#bytes && this.#used + size > this.#bytes.length) this.#handOver();
    if (!this.#bytes) {
      this.#bytes = this.#spare.pop() ??
        (this.#buffers < BATCHES ? this.#allocate() : undefined);
    }
    return this.#bytes?.subarray(this.#used, this.#used + size);
  }

  /**
   * Waits until {@linkcode FileBatch.roomNow} has some.
   *
   * @throws {DiskError} Where earlier files could not be written.
   */
  async room(): Promise<void> {
    this.#throwIfFailed();
    while (
      !this.#bytes && this.#spare.length === 0 && this.#buffers === BATCHES &&
      this.#writing.size > 0
    ) {
      await Promise.race(this.#writing);
      this.#throwIfFailed();
    }
  }

  /** Takes the file whose bytes are in the room that was asked for last. */
  add(file: File): void {
    this.#files.push(file);
    this.#used += file.found.metadata.size;
    if (this.#files.length >= BATCH_FILES) this.#handOver();
  }

  /**
   * Names all that was added, and waits until the folders are synced.
   *
   * @throws {DiskError} Where a file could not be written.
   */
  async finish(): Promise<void> {
    this.#handOver();
    await Promise.all(this.#writing);
    this.#throwIfFailed();
    for (const folder of this.#made) await syncFolder(folder);
  }

  /** Waits until what is being written is there; what was only added is not. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer[Symbol.asyncDispose]();
    await Promise.all(this.#writing);
    this.#lock.close();
  }

  #allocate(): Uint8Array<ArrayBuffer> {
    this.#buffers++;
    return new Uint8Array(BATCH_BYTES);
  }

  #handOver(): void {
    const files = this.#files;
    const bytes = this.#bytes;
    if (!bytes || files.length === 0) return;
    this.#files = [];
    this.#bytes = undefined;
    this.#used = 0;
    const writing = this.#write(files, bytes)
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async #write(
    files: readonly File[],
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { ifExists, onPlaced } = this.#options;
    const start = join(this.#parts, `${PREFIX}${Deno.pid}-`);
    const reply = await this.#writer.write({
      bytes,
      lengths: files.map(({ found }) => found.metadata.size),
      modified: files.map(({ found }) => found.metadata.modified),
      paths: files.map(() => `${start}${this.#number++}`),
      targets: files.map(({ target }) => target),
      naming: ifExists !== "overwrite",
    });
    this.#spare.push(reply.bytes);
    const fault = reply.fault && diskError(reply.fault);
    if (fault && reply.fault?.task !== "remove") throw fault;
    const unnamed = new Map(reply.unnamed.map(({ at, path }) => [at, path]));
    for (const [at, file] of files.entries()) {
      const path = unnamed.get(at);
      if (path === undefined) onPlaced(file, file.target);
      else this.#place(path, file);
    }
    if (fault) throw fault;
  }

  /** Names a file that has its name not yet: there is another, or it is to be replaced. */
  #place(path: string, file: File): void {
    const { ifExists, onPlaced, onRefused } = this.#options;
    let placed = file.target;
    try {
      placeFile(path, {
        to: file.target,
        ifExists,
        onPlaced: (final) => placed = final,
      });
    } catch (error) {
      try {
        Deno.removeSync(path);
      } catch {
        // The next download removes it.
      }
      if (!(error instanceof FileExistsError)) throw error;
      return onRefused(file, error);
    }
    onPlaced(file, placed);
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

/** The error that another thread met, with the system's own as its cause. */
function diskError({ task, path, error, message }: WriteFault): DiskError {
  const errors: Record<string, new (message: string) => Error> = Deno.errors;
  const cause = new (errors[error] ?? Error)(message);
  return new DiskError(path, { task, cause });
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
