/**
 * A disk that fails, a process that is killed and a machine whose power is cut,
 * at any change that is made to the disk.
 *
 * @module
 */

// What it takes the place of is watched, so that a clock waits for it.
import "./real_work.ts";

/** What goes wrong. */
export interface DiskFault {
  /** Before which change, counted from 1; never if left out. */
  readonly at?: number;
  /**
   * `"full"`: it and all later writes fail. `"killed"`: nothing happens any
   * more. `"power"`: the same, and what was written and not synced is lost.
   */
  readonly what?: "full" | "killed" | "power";
}

/** What a full disk says. */
const FULL = "No space left on device (os error 28)";

interface Unsynced {
  at: number;
  readonly ranges: { readonly from: number; readonly length: number }[];
}

const file = Deno.FsFile.prototype;
const original = {
  write: file.write,
  writeSync: file.writeSync,
  seekSync: file.seekSync,
  truncate: file.truncate,
  sync: file.sync,
  syncSync: file.syncSync,
  syncData: file.syncData,
  utime: file.utime,
  linkSync: Deno.linkSync,
  renameSync: Deno.renameSync,
  removeSync: Deno.removeSync,
  remove: Deno.remove,
};

/** Takes the place of the disk until it is disposed of. */
export class FaultyDisk implements Disposable {
  /** How many changes were made, or tried. */
  changes = 0;
  /** What they were, in order. */
  readonly log: string[] = [];
  readonly #fault: DiskFault;
  readonly #unsynced = new Map<Deno.FsFile, Unsynced>();
  #isOver = false;

  /** From now on, the disk is this one. */
  constructor(fault: DiskFault = {}) {
    this.#fault = fault;
    // deno-lint-ignore no-this-alias
    const disk = this;
    file.seekSync = function (offset, whence) {
      disk.#of(this).at = Number(offset);
      return original.seekSync.call(this, offset, whence);
    };
    file.write = async function (bytes) {
      disk.#change("write");
      const count = await original.write.call(this, bytes);
      disk.#wrote(this, count);
      return count;
    };
    file.writeSync = function (bytes) {
      disk.#change("write");
      const count = original.writeSync.call(this, bytes);
      disk.#wrote(this, count);
      return count;
    };
    file.truncate = async function (length) {
      disk.#change("truncate");
      await original.truncate.call(this, length);
    };
    file.utime = async function (...times) {
      disk.#change("utime");
      await original.utime.apply(this, times);
    };
    for (const name of ["sync", "syncData"] as const) {
      file[name] = async function () {
        disk.#change("sync");
        await original[name].call(this);
        disk.#of(this).ranges.length = 0;
      };
    }
    file.syncSync = function () {
      disk.#change("sync");
      original.syncSync.call(this);
      disk.#of(this).ranges.length = 0;
    };
    Deno.linkSync = (...args) => {
      this.#change("link");
      original.linkSync(...args);
    };
    Deno.renameSync = (...args) => {
      this.#change("rename");
      original.renameSync(...args);
    };
    Deno.removeSync = (...args) => {
      this.#change("remove");
      original.removeSync(...args);
    };
    Deno.remove = async (...args) => {
      this.#change("remove");
      await original.remove(...args);
    };
  }

  /** The disk is as it should be again. */
  [Symbol.dispose](): void {
    const { linkSync, renameSync, removeSync, remove, ...methods } = original;
    Object.assign(file, methods);
    Object.assign(Deno, { linkSync, renameSync, removeSync, remove });
  }

  #change(kind: string): void {
    const { at = Infinity, what } = this.#fault;
    this.changes++;
    this.log.push(kind);
    if (this.changes < at) return;
    if (what === "full") {
      if (kind === "write") throw new Error(FULL);
      return;
    }
    if (what === "power" && !this.#isOver) this.#lose();
    this.#isOver = true;
    throw new Error("killed");
  }

  #wrote(to: Deno.FsFile, length: number): void {
    const { at, ranges } = this.#of(to);
    ranges.push({ from: at, length });
    this.#of(to).at += length;
  }

  /** What was not synced is zero after a power cut. */
  #lose(): void {
    for (const [to, { ranges }] of this.#unsynced) {
      for (const { from, length } of ranges) {
        original.seekSync.call(to, from, Deno.SeekMode.Start);
        original.writeSync.call(to, new Uint8Array(length));
      }
    }
  }

  #of(to: Deno.FsFile): Unsynced {
    let unsynced = this.#unsynced.get(to);
    if (!unsynced) {
      unsynced = { at: 0, ranges: [] };
      this.#unsynced.set(to, unsynced);
    }
    return unsynced;
  }
}
