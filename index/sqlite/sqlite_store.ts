/**
 * The registry in a SQLite database: a memory store answers, and what it did is
 * in the file before anybody is told that it was done.
 *
 * Every commit is on the disk before it counts, so that neither the end of the
 * process nor that of the power takes away what was acknowledged.
 *
 * @module
 */

import type { PublicKey } from "../../protocol/key.ts";
import type { DatabaseSync } from "node:sqlite";
import {
  MemoryStore,
  type MemoryStoreOptions,
} from "../memory/memory_store.ts";
import type {
  CloseSession,
  Deregister,
  DurableStore,
  Endpoint,
  List,
  ListPage,
  OpenSession,
  OwnerList,
  Register,
  RegisterResult,
  Search,
  SearchResult,
  SessionResult,
  StoreCounts,
} from "../store.ts";
import { StoreUnavailable } from "../store_unavailable.ts";
import { explain, openDatabase } from "./database_file.ts";
import { restore } from "./restore.ts";
import { SqliteJournal } from "./sqlite_journal.ts";

/** What a SQLite store needs. */
export interface SqliteStoreOptions extends Omit<MemoryStoreOptions, "now"> {
  /** The time in milliseconds since 1970, which must not go back. */
  readonly clock: () => number;
  /** Pages that the file may have; without, as many as the disk has room for. */
  readonly maxPages?: number;
  /** Told where the file cannot be written. */
  readonly fault: (error: unknown) => void;
}

/** Renewed leases wait at most so long for others to be committed with. */
const WAIT_MS = 1_000;

/** How much may wait. */
const MAX_WAITING = 2_000;

/** How often the file learns that the index is there, if nothing else happens. */
const SEEN_MS = 5_000;

/** After so many seconds a file that could not be written is tried again. */
const RETRY_S = 1;

/** A fault that stays is told again after so long. */
const FAULT_MS = 60_000;

/** Keeps registrations, owners, sessions and leases in a file. */
export class SqliteStore implements DurableStore {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #journal: SqliteJournal;
  readonly #memory: MemoryStore;
  readonly #clock: () => number;
  readonly #fault: (error: unknown) => void;
  #committed: number;
  #isDown = false;
  #retryAt = 0;
  #toldAt = -Infinity;
  #isClosed = false;

  /**
   * Opens the file, or makes it, and reads it.
   *
   * @param path Where it is, or is to be.
   * @throws {Error} Where it cannot be used, saying why and what to do.
   */
  constructor(path: string, options: SqliteStoreOptions) {
    const { clock, fault } = options;
    const now = clock();
    this.#path = path;
    this.#clock = clock;
    this.#fault = fault;
    this.#database = openDatabase(path);
    const { maxPages } = options;
    try {
      if (maxPages !== undefined) {
        this.#database.exec(`PRAGMA max_page_count = ${maxPages}`);
      }
      this.#journal = new SqliteJournal(this.#database);
      this.#memory = new MemoryStore({
        ...options,
        now,
        journal: this.#journal,
      });
      restore(this.#database, this.#journal, now);
    } catch (error) {
      this.#database.close();
      throw explain(path, error);
    }
    this.#committed = now;
  }

  open(request: OpenSession, now: number): SessionResult {
    return this.#memory.open(request, now);
  }

  actsFor(from: Endpoint, key: PublicKey, now: number): boolean {
    return this.#memory.actsFor(from, key, now);
  }

  close(request: CloseSession, now: number): void {
    this.#memory.close(request, now);
  }

  register(request: Register, now: number): RegisterResult {
    if (this.#isDown) throw new StoreUnavailable(RETRY_S);
    return this.#memory.register(request, now);
  }

  deregister(request: Deregister, now: number): boolean {
    if (this.#isDown) throw new StoreUnavailable(RETRY_S);
    return this.#memory.deregister(request, now);
  }

  search(request: Search, now: number): SearchResult {
    return this.#memory.search(request, now);
  }

  list(request: List, now: number): ListPage {
    return this.#memory.list(request, now);
  }

  owners(request: OwnerList, now: number): ListPage {
    return this.#memory.owners(request, now);
  }

  sweep(now: number): boolean {
    const more = this.#memory.sweep(now);
    if (this.#isDue(now)) this.#write(now);
    return more;
  }

  counts(): StoreCounts {
    return this.#memory.counts();
  }

  commit(now: number): boolean {
    // While it is down nothing is registered. Sessions go on in memory, and a
    // lease that nobody can write down is better than none.
    if (this.#isDown || !this.#journal.isUrgent) return true;
    return this.#write(now);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#write(this.#clock());
    this.#database.close();
  }

  #isDue(now: number): boolean {
    if (this.#isDown) return now >= this.#retryAt;
    // What registered is committed with its turn, which knows if that failed.
    if (this.#journal.hasTurn) return false;
    const since = now - this.#committed;
    const { waiting, isUrgent } = this.#journal;
    if (isUrgent || waiting >= MAX_WAITING) return true;
    if (waiting > 0) return since >= WAIT_MS;
    return since >= SEEN_MS && this.#memory.counts().owners > 0;
  }

  #write(now: number): boolean {
    try {
      this.#journal.commit(now);
    } catch (error) {
      this.#journal.undo();
      this.#isDown = true;
      this.#retryAt = now + RETRY_S * 1_000;
      this.#tell(error, now);
      return false;
    }
    this.#isDown = false;
    this.#committed = now;
    return true;
  }

  #tell(cause: unknown, now: number): void {
    if (now - this.#toldAt < FAULT_MS) return;
    this.#toldAt = now;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#fault(
      new Error(
        `Cannot write to the database ${this.#path}: ${why}; registrations ` +
          "are refused until it can be written again",
        { cause },
      ),
    );
  }
}
