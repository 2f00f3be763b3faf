/**
 * The part file of a download: what has come so far, and the record of what was
 * verified of it. Both outlive a process that is killed, and a power cut.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { setBit } from "./bitfield.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { DiskPace } from "./disk_pace.ts";
import { DiskError } from "./errors.ts";
import { makeFolder, openOwnFile } from "./own_file.ts";
import { dropLeftovers, dropSecondName, lockRecord } from "./part_lock.ts";
import {
  decodePartRecord,
  encodePartRecord,
  type PartRecord,
  partRecordBytes,
  RECORD_BITS_AT,
  type RecordKey,
} from "./part_record.ts";
import { type IfExists, placeFile, syncFolder } from "./place_file.ts";
import { PARTS_FOLDER, STATE_FOLDER } from "./state_folder.ts";

/** How a part file is opened. */
export interface PartFileOptions {
  /** The folder that the user named, absolute and without links. */
  readonly folder: string;
  readonly key: RecordKey;
  readonly clock?: Clock | undefined;
}

/** How often what has come is synced to the disk, in milliseconds. */
const SYNC_MS = 5_000;

/** A part file, held by this process alone. */
export class PartFile implements AsyncDisposable {
  /**
   * What an earlier download left behind, as far as its record can be read.
   * Whether its pieces really are there must be checked.
   */
  readonly left: PartRecord | undefined;
  /** Whether an earlier download left anything behind. */
  readonly existed: boolean;
  #path: string;
  readonly #key: RecordKey;
  readonly #clock: Clock;
  readonly #pace: DiskPace;
  readonly #part: Deno.FsFile;
  readonly #record: Deno.FsFile;
  readonly #recordPath: string;
  #verified: Uint8Array = new Uint8Array(0);
  #queue: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | undefined;
  #syncedAt: number;
  #closed = false;

  private constructor(
    options: PartFileOptions,
    parts: {
      path: string;
      part: Deno.FsFile;
      existed: boolean;
      recordPath: string;
      record: Deno.FsFile;
      left: PartRecord | undefined;
    },
  ) {
    this.#key = options.key;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#pace = new DiskPace(this.#clock);
    this.#syncedAt = this.#clock.now();
    this.#path = parts.path;
    this.existed = parts.existed;
    this.left = parts.left;
    this.#part = parts.part;
    this.#record = parts.record;
    this.#recordPath = parts.recordPath;
  }

  /**
   * Opens the part file of a content; it is made where there is none.
   *
   * @throws {PartBusyError} Where another download has it.
   * @throws {UnsafePathError} Where something else is in its place.
   * @throws {DiskError} Where it cannot be made or written.
   */
  static async open(options: PartFileOptions): Promise<PartFile> {
    const { folder, key } = options;
    const parts = join(folder, STATE_FOLDER, PARTS_FOLDER);
    await makeFolder(folder, parts);
    const stem = join(parts, key.digest.toHex());
    const path = `${stem}.part`;
    const recordPath = `${stem}.record`;
    const record = await lockRecord(recordPath, path);
    let part: Deno.FsFile | undefined;
    try {
      await dropSecondName(path);
      const opened = await openOwnFile(path);
      part = opened.file;
      const left = await readRecord(record, { key, path: recordPath });
      const { existed } = opened;
      return new PartFile(options, {
        ...{ path, part, existed, recordPath, record, left },
      });
    } catch (error) {
      part?.close();
      record.close();
      throw error;
    }
  }

  /** Removes what is left of a download whose file has its name already; a half stays. */
  static async removeLeft({ folder, key }: PartFileOptions): Promise<void> {
    const stem = join(folder, STATE_FOLDER, PARTS_FOLDER, key.digest.toHex());
    await dropLeftovers(`${stem}.record`, `${stem}.part`);
  }

  /** Where it is: `FOLDER/.peerdex/parts/DIGEST.part`, and its final name in the end. */
  get path(): string {
    return this.#path;
  }

  /**
   * Starts the record anew: these are the hashes, which lead to the digest, and
   * these pieces are verified. The file gets its full size, which takes no
   * space yet.
   */
  async begin(record: PartRecord): Promise<void> {
    this.#verified = record.verified;
    const bytes = encodePartRecord(this.#key, record);
    const { size } = this.#key;
    try {
      if ((await this.#part.stat()).size !== size) {
        await this.#part.truncate(size);
      }
    } catch (cause) {
      const task = `make room for ${size} bytes in`;
      throw new DiskError(this.path, { task, cause });
    }
    try {
      await this.#record.truncate(bytes.length);
      await writeAt(this.#record, bytes, { offset: 0, pace: this.#pace });
    } catch (cause) {
      throw new DiskError(this.#recordPath, { task: "write", cause });
    }
  }

  /**
   * Reads what is at `offset`.
   *
   * @returns Whether all of it is there; `false` where the file ends before.
   * @throws {DiskError} Where it cannot be read.
   */
  async read(target: Uint8Array, offset: number): Promise<boolean> {
    try {
      await this.#part.seek(offset, Deno.SeekMode.Start);
      let done = 0;
      while (done < target.length) {
        const count = await this.#part.read(target.subarray(done));
        if (count === null) return false;
        done += count;
      }
      return true;
    } catch (cause) {
      throw new DiskError(this.path, { task: "read", cause });
    }
  }

  /**
   * Writes at `offset`, after all that was to be written before.
   *
   * @throws {DiskError} Where the disk is full, say. What was verified stays.
   */
  write(bytes: Uint8Array, offset: number): Promise<void> {
    const written = this.#queue.then(async () => {
      try {
        await writeAt(this.#part, bytes, { offset, pace: this.#pace });
      } catch (cause) {
        throw new DiskError(this.path, { task: "write", cause });
      }
      this.#syncNowAndThen();
    });
    this.#queue = written.catch(() => {});
    return written;
  }

  /** Records that a piece was verified, once it is written. */
  markVerified(piece: number): void {
    setBit(this.#verified, piece);
    const at = RECORD_BITS_AT + (piece >> 3);
    try {
      this.#record.seekSync(at, Deno.SeekMode.Start);
      this.#record.writeSync(
        this.#verified.subarray(piece >> 3, (piece >> 3) + 1),
      );
    } catch (cause) {
      throw new DiskError(this.#recordPath, { task: "write", cause });
    }
  }

  /**
   * Gives the file its name: whole, synced, with its time.
   *
   * @returns Where it is.
   * @throws {FileExistsError} Where there is one already; the part file stays.
   * @throws {DiskError} Where it cannot be moved there.
   */
  async finish(
    to: string,
    { modified, ifExists }: { modified: number; ifExists: IfExists },
  ): Promise<string> {
    await this.#queue;
    await this.#syncing;
    try {
      if (modified !== 0) {
        const time = new Date(modified);
        await this.#part.utime(time, time);
      }
      // Before the rename: a name must never outlive its content.
      await this.#part.sync();
    } catch (cause) {
      throw new DiskError(this.path, { task: "sync", cause });
    }
    placeFile(this.#path, {
      to,
      ifExists,
      onPlaced: (path) => this.#path = path,
    });
    await syncFolder(dirname(this.#path));
    await Deno.remove(this.#recordPath).catch(() => {});
    return this.#path;
  }

  /** Waits for what is being written, and closes. What was verified stays on disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue;
    await this.#syncing;
    this.#part.close();
    this.#record.close();
  }

  /** What has come is brought to the disk before the record says so. */
  #syncNowAndThen(): void {
    const now = this.#clock.now();
    if (this.#syncing || now - this.#syncedAt < SYNC_MS) return;
    this.#syncing = (async () => {
      try {
        await this.#part.syncData();
        await this.#record.syncData();
      } catch {
        // A disk that cannot sync now must do so in the end, or that fails.
      }
      this.#syncedAt = this.#clock.now();
      this.#syncing = undefined;
    })();
  }
}

async function readRecord(
  file: Deno.FsFile,
  { key, path }: { key: RecordKey; path: string },
): Promise<PartRecord | undefined> {
  const wanted = partRecordBytes(key);
  try {
    if ((await file.stat()).size !== wanted) return undefined;
    const bytes = new Uint8Array(wanted);
    let done = 0;
    while (done < wanted) {
      const count = await file.read(bytes.subarray(done));
      if (count === null) return undefined;
      done += count;
    }
    return decodePartRecord(key, bytes);
  } catch (cause) {
    throw new DiskError(path, { task: "read", cause });
  }
}

async function writeAt(
  file: Deno.FsFile,
  bytes: Uint8Array,
  { offset, pace }: { offset: number; pace: DiskPace },
): Promise<void> {
  file.seekSync(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < bytes.length) {
    const writing = pace.write(file, bytes.subarray(done));
    done += typeof writing === "number" ? writing : await writing;
  }
}
