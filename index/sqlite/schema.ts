/**
 * The tables of the database, version by version.
 *
 * @module
 */

/** Marks a SQLite file as an index's: "PDXi". */
export const APPLICATION_ID = 0x50445869;

/**
 * What makes of each version the next: the first of an empty file version 1. A
 * line, once released, is never changed.
 *
 * A record's layout is that of `registration_record.ts` and `owner_record.ts`.
 * The rows of `registration` are numbered in the order in which each became the
 * newest of its name. An owner that is no more has no row; registrations that
 * still name it are dead. `clock.seen` is the time of the last commit.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seen REAL NOT NULL
  ) STRICT;
  CREATE TABLE owner (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
  CREATE TABLE registration (
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL
  ) STRICT;`,
];
