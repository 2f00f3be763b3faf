/**
 * Writes rows to the table of registrations, many with one statement.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Rows of one statement: half the time of one for each. */
const ROWS = 32;

/** Writes rows in the order in which they are given. */
export class RowWriter {
  readonly #one: StatementSync;
  readonly #many: StatementSync;
  readonly #drop: StatementSync;
  /** A row and its record, then the next, until there are enough. */
  #waiting: (number | Uint8Array)[] = [];

  constructor(database: DatabaseSync) {
    const put = (rows: number) =>
      database.prepare(
        `INSERT OR REPLACE INTO registration VALUES ${
          Array(rows).fill("(?, ?)").join()
        }`,
      );
    this.#one = put(1);
    this.#many = put(ROWS);
    this.#drop = database.prepare("DELETE FROM registration WHERE id = ?");
  }

  /** Puts a record into a row. The record must last until the next flush. */
  put(row: number, record: Uint8Array): void {
    this.#waiting.push(row, record);
    if (this.#waiting.length < 2 * ROWS) return;
    const rows = this.#waiting;
    this.#waiting = [];
    this.#many.run(...rows);
  }

  /** Takes a row out. */
  drop(row: number): void {
    this.flush();
    this.#drop.run(row);
  }

  /** Writes what waits. */
  flush(): void {
    const rows = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < rows.length; i += 2) {
      this.#one.run(rows[i]!, rows[i + 1]!);
    }
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }
}
