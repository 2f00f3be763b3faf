/**
 * The file of a database: opened where it is an index's own, whole, and nobody
 * else's at the moment; refused in every other case, and then left as it is.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { quote } from "../../protocol/name.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

/** How long to wait for whoever has the file open, such as a backup. */
const OPEN_PATIENCE_MS = 2_000;

/** How long a commit waits: the loop stands still meanwhile. */
const COMMIT_PATIENCE_MS = 50;

/** Pages of the journal after which they move to the file: 16 MiB. */
const CHECKPOINT_PAGES = 4_096;

/** What SQLite says, by its number. */
const SQLITE = { BUSY: 5, READ_ONLY: 8, CORRUPT: 11, NO_DATABASE: 26 } as const;

/**
 * Opens the file, or makes it.
 *
 * @param path Where it is, or is to be.
 * @param migrations What makes of each version the next.
 * @throws {Error} Where it cannot be used, saying why and what to do.
 */
export function openDatabase(
  path: string,
  migrations: readonly string[] = MIGRATIONS,
): DatabaseSync {
  // SQLite takes names like ":memory:" for something else.
  const location = path.startsWith(":") ? `./${path}` : path;
  let database: DatabaseSync | undefined;
  try {
    look(location, migrations.length);
    database = new DatabaseSync(location, { timeout: COMMIT_PATIENCE_MS });
    begin(database, migrations);
    return database;
  } catch (error) {
    database?.close();
    throw explain(path, error);
  }
}

/** Why a file is refused, and what to do about it. */
class Refusal extends Error {}

/** Looks at the file while nobody else has it, and changes nothing. */
function look(location: string, newest: number): void {
  const database = new DatabaseSync(location, { timeout: OPEN_PATIENCE_MS });
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const made = number(database, "SELECT count(*) FROM sqlite_schema");
    const application = number(database, "PRAGMA application_id");
    const version = number(database, "PRAGMA user_version");
    if (made === 0 && application === 0 && version === 0) return;
    if (application !== APPLICATION_ID) throw new Refusal(FOREIGN);
    if (version > newest) {
      throw new Refusal(
        `it is of version ${version}, and this index knows ${newest} at most; ` +
          "use a newer index, or another file",
      );
    }
    const found = database.prepare("PRAGMA quick_check(1)").get();
    if (Object.values(found ?? {})[0] !== "ok") throw new Refusal(DAMAGED);
  } finally {
    database.close();
  }
}

function begin(database: DatabaseSync, migrations: readonly string[]): void {
  const mode = database.prepare("PRAGMA journal_mode = WAL").get();
  if (Object.values(mode ?? {})[0] !== "wal") throw new Refusal(NO_WAL);
  database.exec(
    `PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA cell_size_check = ON;
    BEGIN IMMEDIATE`,
  );
  const version = number(database, "PRAGMA user_version");
  if (version < migrations.length) {
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(
      `PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${migrations.length}`,
    );
  }
  database.exec("COMMIT");
}

/** The error that a file which cannot be used is refused with. */
export function explain(path: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { errcode?: number }).errcode ?? 0;
  let why = `${message}; see whether its folder is there and may be written to`;
  if (error instanceof Refusal) why = message;
  else if (error instanceof Deno.errors.NotCapable) {
    why = `run with --allow-read=${path} --allow-write=${path}`;
  } else if (code === SQLITE.NO_DATABASE) why = FOREIGN;
  else if (code === SQLITE.CORRUPT || message.includes("malformed")) {
    why = DAMAGED;
  } else if (code === SQLITE.BUSY || message.includes("locked")) {
    why = "another index, or another program, has it open; stop that one, or " +
      "name another file";
  } else if (code === SQLITE.READ_ONLY || message.includes("readonly")) {
    why = "it may not be written to";
  }
  return new Error(`Cannot use ${quote(path)} as database: ${why}`, {
    cause: error,
  });
}

/** Refuses a file whose records are not whole. */
export function refuseDamaged(): never {
  throw new Refusal(DAMAGED);
}

function number(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}

const FOREIGN = "it is no database of an index; name another file";
const DAMAGED =
  "it is damaged; put a backup in its place, or move it away to start empty";
const NO_WAL =
  "its file system cannot hold a write-ahead log; keep it on a local disk";
