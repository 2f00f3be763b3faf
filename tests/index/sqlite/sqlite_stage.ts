/**
 * A SQLite store on a stage: files that are gone afterwards, and restarts.
 *
 * @module
 */

import { limitsOf } from "../../../index/limits.ts";
import type { StoreLimits } from "../../../index/limits.ts";
import type { Selection } from "../../../index/memory/source_picker.ts";
import { SqliteStore } from "../../../index/sqlite/sqlite_store.ts";
import { type TempDir, tempDir } from "../../permission.ts";
import type { StoreStage } from "../store_contract.ts";
import { START } from "../test_index.ts";

/** How a store ends: as it should, or as `kill -9` does it. */
export type Ending = "STOP" | "KILL";

/** The permissions that a stage needs. */
export const FILE_NEEDS = { read: true, write: true } as const;

/** A store in a file of its own. */
export class SqliteStage implements StoreStage {
  /** Told of by the store, the newest last. */
  readonly faults: unknown[] = [];
  readonly #dir: TempDir;
  readonly #limits: StoreLimits;
  readonly #selection: Selection;
  readonly #ending: Ending;
  readonly #maxPages: number | undefined;
  #store: SqliteStore;
  #now: number;
  #restarts = 0;

  private constructor(
    dir: TempDir,
    options: { limits: StoreLimits; selection: Selection; now: number },
    { ending, maxPages }: { ending: Ending; maxPages: number | undefined },
  ) {
    this.#dir = dir;
    this.#limits = options.limits;
    this.#selection = options.selection;
    this.#now = options.now;
    this.#ending = ending;
    this.#maxPages = maxPages;
    this.#store = this.#open();
  }

  /** Makes an empty one. */
  static async open({
    limits = limitsOf() as StoreLimits,
    selection = "newest" as Selection,
    now = START,
    ending = "STOP" as Ending,
    maxPages = undefined as number | undefined,
  } = {}): Promise<SqliteStage> {
    const options = { limits, selection, now };
    return new SqliteStage(await tempDir(), options, { ending, maxPages });
  }

  get store(): SqliteStore {
    return this.#store;
  }

  /** Where the file is. */
  get path(): string {
    return `${this.#dir.path}/${this.#restarts}.db`;
  }

  settle(now: number): void {
    this.#now = now;
    if (!this.#store.commit(now)) throw new Error("not committed");
  }

  pass(_ms: number, now: number): void {
    this.#now = now;
    this.#store.sweep(now);
  }

  async restart(now = this.#now): Promise<void> {
    const from = this.path;
    if (this.#ending === "STOP") {
      this.#store[Symbol.dispose]();
    } else {
      // What lies in the files now is what a process leaves that is killed.
      this.#restarts++;
      await Deno.copyFile(from, this.path);
      await Deno.copyFile(`${from}-wal`, `${this.path}-wal`);
      this.#store[Symbol.dispose]();
    }
    this.#now = now;
    this.#store = this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
    await this.#dir[Symbol.asyncDispose]();
  }

  #open(): SqliteStore {
    return new SqliteStore(this.path, {
      limits: this.#limits,
      selection: this.#selection,
      seed: new Uint8Array(16).fill(1),
      clock: () => this.#now,
      fault: (error) => this.faults.push(error),
      ...(this.#maxPages !== undefined && { maxPages: this.#maxPages }),
    });
  }
}
