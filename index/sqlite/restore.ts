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
  eachRow(database, "owner", (row, { bytes, start, end }) => {
    const record = decodeOwner(bytes.subarray(start, end));
    if (!record) return refuseDamaged();
    owners.add(row, record);
  });
  const { table, owners: book } = journal;
  const count = database.prepare("SELECT count(*) AS count FROM registration");
  table.reserve(Number(count.get()?.count));
  const record = new RegistrationRecord();
  let lastOwnerRow = owners.lastRow;
  const lastRow = eachRow(
    database,
    "registration",
    (row, { bytes, start, end }) => {
      if (!record.read(bytes, start, end)) return refuseDamaged();
      if (record.owner > lastOwnerRow) lastOwnerRow = record.owner;
      const owner = owners.withRow(record.owner);
      if (!owner) return journal.bury(row);
      book.gain(owner);
      journal.setRow(table.add(record, owner, record), row);
    },
  );
  owners.dropUnused();
  journal.startAfter(lastRow);
  journal.ownerRows.startAfter(lastOwnerRow);
}

/**
 * Calls back for every row, in order, and returns the number of the last.
 *
 * SQLite joins the records of many rows into one piece: to be given each as an
 * object of its own takes three times as long.
 */
function eachRow(
  database: DatabaseSync,
  table: "owner" | "registration",
  take: (row: number, record: Span) => void,
): number {
  const page = database.prepare(
    `SELECT group_concat(id) AS ids, group_concat(length(record)) AS lengths,
      CAST(group_concat(record, '') AS BLOB) AS records
    FROM (
      SELECT id, record FROM ${table} WHERE id > ?
      ORDER BY id LIMIT ${PAGE_ROWS}
    )`,
  );
  let last = 0;
  for (;;) {
    const { ids, lengths, records } = page.get(last) as unknown as JoinedRows;
    if (ids === null) return last;
    const rows = JSON.parse(`[${ids}]`) as number[];
    const sizes = JSON.parse(`[${lengths}]`) as number[];
    const record = { bytes: records, start: 0, end: 0 };
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (row <= last) return refuseDamaged();
      last = row;
      record.start = record.end;
      record.end += sizes[i]!;
      take(row, record);
    }
  }
}

/** Where a record lies, until the next is read. */
interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface JoinedRows {
  /** Joined by commas; null where there are no rows. */
  readonly ids: string | null;
  readonly lengths: string;
  readonly records: Uint8Array;
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
