/**
 * Makes the store that an index is to have.
 *
 * @module
 */

import { quote } from "../protocol/name.ts";
import { MemoryStore, type MemoryStoreOptions } from "./memory/memory_store.ts";
import type { DurableStore, SharedStore, Store } from "./store.ts";

/** Which store, and what it needs. */
export interface OpenStoreOptions
  extends Omit<MemoryStoreOptions, "now" | "journal"> {
  /** The file to keep everything in; without, it is kept in memory alone. */
  readonly database?: string | undefined;
  /** The Redis to keep everything in, which other indexes may share. */
  readonly redis?: RedisOptions | undefined;
  /** Answers remembered for requests that are sent twice. */
  readonly maxReplies: number;
  /** Fills bytes with randomness. */
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** The time in milliseconds since 1970. */
  readonly clock: () => number;
  /** Told where the store cannot keep anything at the moment. */
  readonly fault: (error: unknown) => void;
}

/** Which Redis, and which registry in it. */
export interface RedisOptions {
  /**
   * `redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER]`, `rediss:` for TLS, or
   * `redis+cluster:` for a cluster.
   */
  readonly url: string;
  /** The registry, `peerdex` if not said: indexes that name the same are one. */
  readonly registry?: string;
  /**
   * What tokens are made from, 16 bytes that no stranger knows, the same for
   * every index of the registry; without, the registry keeps it.
   */
  readonly secret?: Uint8Array;
}

/**
 * Opens the store, and reads what it kept.
 *
 * @throws {Error} Where it cannot be used, saying why and what to do.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { database, redis, clock } = options;
  if (redis !== undefined) {
    if (database !== undefined) {
      throw new RangeError("Cannot use a database and Redis at the same time");
    }
    // So is the client of Redis.
    const { RedisStore } = await import("./redis/redis_store.ts");
    return RedisStore.connect({ ...options, ...redis });
  }
  if (database === undefined) {
    return new MemoryStore({ ...options, now: clock() });
  }
  checkPermitted(database);
  // SQLite is loaded where it is wanted and nowhere else.
  const { SqliteStore } = await import("./sqlite/sqlite_store.ts");
  return new SqliteStore(database, options);
}

/** Checks that a database may be used, so that nobody is asked at a terminal. */
function checkPermitted(path: string): void {
  const names = ["read", "write"] as const;
  const missing = names.filter((name) =>
    Deno.permissions.querySync({ name, path }).state !== "granted"
  );
  if (missing.length === 0) return;
  const flags = missing.map((name) => `--allow-${name}=${path}`).join(" ");
  throw new Error(
    `Cannot use the database ${quote(path)}: permission to ` +
      `${missing.join(" and ")} it is not given; run with ${flags}`,
  );
}

/** Whether other indexes may use the same store. */
export function isShared(store: Store): store is SharedStore {
  return "secret" in store;
}

/** Ends a store, where it has to be ended. */
export async function closeStore(store: Store): Promise<void> {
  if (isDurable(store)) store[Symbol.dispose]();
  if (isShared(store)) await store[Symbol.asyncDispose]();
}

/** Whether what a store was asked has to be committed before it is told. */
export function isDurable(store: Store): store is DurableStore {
  return "commit" in store;
}
