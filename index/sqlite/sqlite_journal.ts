/**
 * Collects what a memory store does, and writes it to the database turn by turn.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { DIGEST_BYTES } from "../../protocol/digest.ts";
import type { Journal, RegisteredBy } from "../memory/journal.ts";
import type { Owner } from "../memory/owner.ts";
import type { OwnerBook } from "../memory/owner_book.ts";
import type { RegistrationTable } from "../memory/registration_table.ts";
import type { NewContent } from "../store.ts";
import { DigestView, TextView } from "../text_view.ts";
import { OwnerRows } from "./owner_rows.ts";
import { RowNumbers } from "./row_numbers.ts";
import { RowWriter } from "./row_writer.ts";
import { type Registry, UndoLog } from "./undo_log.ts";
import { WriteBatch } from "./write_batch.ts";

/** A memory store's journal in a database. */
export class SqliteJournal implements Journal, Registry {
  readonly #statements: Record<
    | "begin"
    | "commit"
    | "rollback"
    | "seen"
    | "putOwner"
    | "dropOwner",
    StatementSync
  >;
  readonly #writer: RowWriter;
  #table: RegistrationTable | undefined;
  #owners: OwnerBook | undefined;
  readonly #rows = new RowNumbers();
  /** The rows of the owners. */
  readonly ownerRows: OwnerRows = new OwnerRows();
  readonly #batch = new WriteBatch();
  readonly #undo = new UndoLog(this);
  /** Rows of what is dead. */
  #dead: number[] = [];
  /** Registrations whose rows are behind. */
  readonly #outdated = new Set<number>();
  readonly #digest = new Uint8Array(DIGEST_BYTES);
  #lastRow = 0;
  /**
   * For how long the index was away, in milliseconds: the times in the file are
   * so much earlier, and go on where they were.
   */
  away = 0;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#statements = {
      begin: prepare("BEGIN IMMEDIATE"),
      commit: prepare("COMMIT"),
      rollback: prepare("ROLLBACK"),
      seen: prepare("INSERT OR REPLACE INTO clock VALUES (1, ?)"),
      putOwner: prepare("INSERT OR REPLACE INTO owner VALUES (?, ?)"),
      dropOwner: prepare("DELETE FROM owner WHERE id = ?"),
    };
    this.#writer = new RowWriter(database);
  }

  /** The registrations that it is told of. */
  get table(): RegistrationTable {
    return this.#table!;
  }

  /** The owners that it is told of. */
  get owners(): OwnerBook {
    return this.#owners!;
  }

  /** Whether registrations were made, changed or taken out since. */
  get hasTurn(): boolean {
    return this.#batch.size > 0;
  }

  /** Whether anything waits that somebody must not be told before it is kept. */
  get isUrgent(): boolean {
    return this.hasTurn || this.ownerRows.isUrgent;
  }

  /** How much waits that may wait. */
  get waiting(): number {
    return this.ownerRows.renewals + this.#dead.length;
  }

  attach(table: RegistrationTable, owners: OwnerBook): void {
    this.#table = table;
    this.#owners = owners;
  }

  /** The rows up to this one are in use: new ones come after it. */
  startAfter(row: number): void {
    this.#lastRow = row;
  }

  row(id: number): number {
    return this.#rows.get(id);
  }

  setRow(id: number, row: number): void {
    this.#rows.set(id, row);
  }

  outdated(id: number): void {
    this.#outdated.add(id);
  }

  /** A row holds what is dead. */
  bury(row: number): void {
    this.#dead.push(row);
  }

  added(id: number, content: NewContent, by: RegisteredBy): void {
    this.#rows.set(id, ++this.#lastRow);
    this.#undo.added(id);
    this.#put(id, content, by);
  }

  updating(id: number, content: NewContent, by: RegisteredBy): void {
    const { owner, port } = by;
    const before = this.#rows.get(id);
    const isNewest = this.#hasOtherDigest(id, content);
    if (
      !isNewest && this.table.port(id) === port &&
      this.table.stamp(id) === owner.stamp &&
      this.table.owner(id) === owner.id && !this.#hasOtherShape(id, content)
    ) return;
    const row = isNewest ? ++this.#lastRow : before;
    this.#undo.updating(id, row);
    if (isNewest) {
      this.#batch.remove(before);
      this.#rows.set(id, row);
    }
    this.#put(id, content, by);
  }

  removing(id: number, asked: boolean): void {
    const row = this.#rows.get(id);
    if (asked) {
      this.#undo.removing(id);
      this.#batch.remove(row);
    } else this.#dead.push(row);
    this.#rows.set(id, 0);
    this.#outdated.delete(id);
  }

  changed(owner: Owner): void {
    this.ownerRows.changed(owner);
  }

  renewed(owner: Owner): void {
    this.ownerRows.renewed(owner);
  }

  retired(owner: Owner): void {
    this.ownerRows.retired(owner);
  }

  discarded(owner: Owner): void {
    this.ownerRows.discarded(owner);
  }

  /**
   * Writes everything.
   *
   * @param now Milliseconds since 1970.
   * @throws {Error} Where SQLite could not. The turn can then be undone.
   */
  commit(now: number): void {
    const { begin, commit, rollback, seen } = this.#statements;
    const { putOwner, dropOwner } = this.#statements;
    const writer = this.#writer;
    begin.run();
    try {
      this.ownerRows.write((row, record) => {
        if (record) putOwner.run(row, record);
        else dropOwner.run(row);
      }, this.away);
      for (const id of this.#outdated) this.#putAgain(id);
      this.#batch.write((row, record) => {
        if (record) writer.put(row, record);
        else writer.drop(row);
      });
      writer.flush();
      for (const row of this.#dead) writer.drop(row);
      seen.run(now - this.away);
      commit.run();
    } catch (error) {
      writer.clear();
      try {
        rollback.run();
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
    this.#clear();
  }

  /** Takes back what the turn did to registrations. */
  undo(): void {
    this.#batch.clear();
    this.#undo.undo();
  }

  #clear(): void {
    this.#batch.clear();
    this.#undo.clear();
    this.ownerRows.clear();
    this.#outdated.clear();
    if (this.#dead.length > 0) this.#dead = [];
  }

  #put(id: number, content: NewContent, { owner, port }: RegisteredBy): void {
    // What a hello with its old port does depends on this.
    if (port !== owner.port && !owner.otherPorts) this.changed(owner);
    const head = {
      owner: this.ownerRows.row(owner.id),
      port,
      stamp: owner.stamp,
    };
    this.#batch.put(this.#rows.get(id), head, content);
  }

  #putAgain(id: number): void {
    const { table } = this;
    const digest = new Uint8Array(DIGEST_BYTES);
    table.readDigest(id, digest);
    const batch = new WriteBatch();
    batch.put(this.#rows.get(id), {
      owner: this.ownerRows.row(table.owner(id)),
      port: table.port(id),
      stamp: table.stamp(id),
    }, {
      ...table.shape(id),
      digest: new DigestView().point(digest, 0),
      peer: new TextView().assign(table.peer(id)),
      name: new TextView().assign(table.name(id)),
    });
    batch.write((row, record) => this.#writer.put(row, record!));
  }

  #hasOtherDigest(id: number, { digest }: NewContent): boolean {
    this.table.readDigest(id, this.#digest);
    for (let i = 0; i < DIGEST_BYTES; i++) {
      if (this.#digest[i] !== digest.bytes[digest.start + i]) return true;
    }
    return false;
  }

  #hasOtherShape(id: number, content: NewContent): boolean {
    const { size, exponent, modified, partial } = this.table.shape(id);
    return size !== content.size || exponent !== content.exponent ||
      modified !== content.modified || partial !== content.partial;
  }
}
