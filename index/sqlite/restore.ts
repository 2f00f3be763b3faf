/**
 * Reads what the database holds back into a memory store.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Address, formatAddress } from "../../protocol/address.ts";
import type { Owner } from "../memory/owner.ts";
import { addressPrefix, SenderTable } from "../sender.ts";
import { refuseDamaged } from "./database_file.ts";
import { decodeOwner, type OwnerRecord } from "./owner_record.ts";
import { RegistrationRecord } from "./registration_record.ts";
import type { SqliteJournal } from "./sqlite_journal.ts";

/** Rows that are read at a time. */
const PAGE_ROWS = 4_096;

/**
 * Restores all owners and registrations. The time that the index was away does
 * not count: leases go on where they were.
 *
 * @param now Milliseconds since 1970.
 * @throws {Error} Where a record is not whole.
 */
export function restore(
  database: DatabaseSync,
  journal: SqliteJournal,
  now: number,
): void {
  const clock = database.prepare("SELECT seen FROM clock").get();
  journal.away = clock ? now - Number(clock.seen) : 0;
  const owners = new RestoredOwners(journal);
  eachRow(database, "owner", (row, bytes) => {
    const record = decodeOwner(bytes);
    if (!record) return refuseDamaged();
    owners.add(row, record);
  });
  const { table, owners: book } = journal;
  const count = database.prepare("SELECT count(*) AS count FROM registration");
  table.reserve(Number(count.get()?.count));
  const record = new RegistrationRecord();
  let lastOwnerRow = owners.lastRow;
  const lastRow = eachRow(database, "registration", (row, bytes) => {
    if (!record.read(bytes)) return refuseDamaged();
    if (record.owner > lastOwnerRow) lastOwnerRow = record.owner;
    const owner = owners.withRow(record.owner);
    if (!owner) return journal.bury(row);
    book.gain(owner);
    journal.setRow(table.add(record, owner, record), row);
  });
  owners.dropUnused();
  journal.startAfter(lastRow);
  journal.ownerRows.startAfter(lastOwnerRow);
}

/** Calls back for every row, in order, and returns the number of the last. */
function eachRow(
  database: DatabaseSync,
  table: "owner" | "registration",
  take: (row: number, record: Uint8Array) => void,
): number {
  const page = database.prepare(
    `SELECT id, record FROM ${table} WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`,
  );
  // The types do not know yet that rows may be arrays, at half the time.
  (page as unknown as ArrayRows).setReturnArrays(true);
  let last = 0;
  for (;;) {
    const rows = page.all(last) as unknown as [number, Uint8Array][];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      last = row[0];
      take(last, row[1]);
    }
    if (rows.length < PAGE_ROWS) return last;
  }
}

interface ArrayRows {
  setReturnArrays(on: boolean): void;
}

/** Owners by their rows. */
class RestoredOwners {
  readonly #journal: SqliteJournal;
  readonly #senders = new SenderTable();
  readonly #owners = new Map<number, Owner>();
  /** Those that a key has taken over, until a registration names them. */
  readonly #taken = new Map<number, OwnerRecord>();
  #lastAsked = 0;
  #lastFound: Owner | undefined;
  lastRow = 0;

  constructor(journal: SqliteJournal) {
    this.#journal = journal;
  }

  add(row: number, record: OwnerRecord): void {
    this.lastRow = Math.max(this.lastRow, row);
    if (record.heir !== 0) this.#taken.set(row, record);
    else this.#restore(row, record, undefined);
  }

  withRow(row: number): Owner | undefined {
    if (row === this.#lastAsked) return this.#lastFound;
    this.#lastAsked = row;
    return this.#lastFound = this.#owners.get(row) ?? this.#takenOver(row);
  }

  /** Those that no registration names any more. */
  dropUnused(): void {
    for (const row of this.#taken.keys()) this.#journal.ownerRows.dropRow(row);
  }

  #takenOver(row: number): Owner | undefined {
    const record = this.#taken.get(row);
    const heir = record && this.#owners.get(record.heir);
    if (!heir) return undefined;
    this.#taken.delete(row);
    return this.#restore(row, record, heir);
  }

  #restore(row: number, record: OwnerRecord, heir: Owner | undefined): Owner {
    const { port, stamp, otherPorts, heirStamp, address, session } = record;
    const owner = this.#journal.owners.restore({
      from: { address, prefix: addressPrefix(address) },
      key: record.key,
      session: session ? this.#endpoint(session) : undefined,
      heir,
      leaseMs: record.leaseMs,
      leaseEnd: record.leaseEnd + this.#journal.away,
      rest: { port, stamp, otherPorts, heirStamp },
    });
    this.#journal.ownerRows.setRow(owner.id, row);
    this.#owners.set(row, owner);
    return owner;
  }

  #endpoint({ address, port }: { address: Address; port: number }) {
    return this.#senders.sender(formatAddress(address), port);
  }
}
