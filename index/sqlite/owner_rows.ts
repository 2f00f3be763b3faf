/**
 * What is to be written to the table of owners.
 *
 * @module
 */

import type { OwnerJournal } from "../memory/journal.ts";
import type { Owner } from "../memory/owner.ts";
import { encodeOwner } from "./owner_record.ts";
import { RowNumbers } from "./row_numbers.ts";

/** Puts a record into a row, or takes the row out where there is none. */
export type WriteOwner = (row: number, record: Uint8Array | undefined) => void;

/**
 * Owners whose rows are behind: each is written once, as it then is, however
 * often it changed.
 */
export class OwnerRows implements OwnerJournal {
  readonly #rows = new RowNumbers();
  /** Those that are new since they were last written. */
  readonly #fresh = new Set<Owner>();
  readonly #changed = new Set<Owner>();
  readonly #renewed = new Set<Owner>();
  #dropped: number[] = [];
  #lastRow = 0;

  /** Whether anything waits but leases that were renewed. */
  get isUrgent(): boolean {
    return this.#changed.size > 0 || this.#dropped.length > 0;
  }

  /** How many leases were renewed. */
  get renewals(): number {
    return this.#renewed.size;
  }

  /** The row of the owner with this number. */
  row(id: number): number {
    return this.#rows.get(id);
  }

  /** Says that an owner has this row. */
  setRow(id: number, row: number): void {
    this.#rows.set(id, row);
  }

  /** The rows up to this one are in use: new ones come after it. */
  startAfter(row: number): void {
    this.#lastRow = row;
  }

  changed(owner: Owner): void {
    if (owner.gone) return;
    if (this.row(owner.id) === 0) {
      this.#rows.set(owner.id, ++this.#lastRow);
      this.#fresh.add(owner);
    }
    this.#changed.add(owner);
  }

  renewed(owner: Owner): void {
    this.#renewed.add(owner);
  }

  retired(owner: Owner): void {
    this.discarded(owner);
  }

  discarded(owner: Owner): void {
    const row = this.row(owner.id);
    if (row === 0) return;
    // What was never written needs no deletion.
    if (!this.#fresh.delete(owner)) this.dropRow(row);
    this.#changed.delete(owner);
    this.#renewed.delete(owner);
    this.#rows.set(owner.id, 0);
  }

  /** A row is of no use any more. */
  dropRow(row: number): void {
    this.#dropped.push(row);
  }

  /**
   * Writes everything.
   *
   * @param away What the times in the file are earlier, in milliseconds.
   */
  write(write: WriteOwner, away: number): void {
    for (const owner of this.#changed) this.#write(owner, write, { away });
    for (const owner of this.#renewed) {
      if (!this.#changed.has(owner)) this.#write(owner, write, { away });
    }
    for (const row of this.#dropped) write(row, undefined);
  }

  /** Forgets everything: it is kept. */
  clear(): void {
    this.#fresh.clear();
    this.#changed.clear();
    this.#renewed.clear();
    if (this.#dropped.length > 0) this.#dropped = [];
  }

  #write(owner: Owner, write: WriteOwner, { away }: { away: number }): void {
    const record = encodeOwner({
      port: owner.port,
      stamp: owner.stamp,
      otherPorts: owner.otherPorts,
      heirStamp: owner.heirStamp,
      leaseMs: owner.leaseMs,
      leaseEnd: owner.leaseEnd - away,
      address: owner.address,
      key: owner.key,
      session: owner.session,
      heir: owner.heir ? this.row(owner.heir.id) : 0,
    });
    write(this.row(owner.id), record);
  }
}
