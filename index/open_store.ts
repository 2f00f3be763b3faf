/**
 * Makes the store that an index is to have.
 *
 * @module
 */

import { MemoryStore, type MemoryStoreOptions } from "./memory/memory_store.ts";
import type { DurableStore, Store } from "./store.ts";

/** Which store, and what it needs. */
export interface OpenStoreOptions
  extends Omit<MemoryStoreOptions, "now" | "journal"> {
  /** The file to keep everything in; without, it is kept in memory alone. */
  readonly database?: string | undefined;
  /** The time in milliseconds since 1970. */
  readonly clock: () => number;
  /** Told where the store cannot keep anything at the moment. */
  readonly fault: (error: unknown) => void;
}

/**
 * Opens the store, and reads what it kept.
 *
 * @throws {Error} Where it cannot be used, saying why and what to do.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { database, clock } = options;
  if (database === undefined) {
    return new MemoryStore({ ...options, now: clock() });
  }
  // SQLite is loaded where it is wanted and nowhere else.
  const { SqliteStore } = await import("./sqlite/sqlite_store.ts");
  return new SqliteStore(database, options);
}

/** Whether what a store was asked has to be committed before it is told. */
export function isDurable(store: Store): store is DurableStore {
  return "commit" in store;
}
