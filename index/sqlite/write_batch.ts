/**
 * What is to be written to the table of registrations, in order.
 *
 * @module
 */

import type { NewContent } from "../store.ts";
import {
  recordBytes,
  type RecordHead,
  writeRecord,
} from "./registration_record.ts";

/** Bytes that the records of a usual turn take. */
const START_BYTES = 64 * 1024;

/** Puts a record into a row, or takes the row out where there is none. */
export type WriteRow = (row: number, record: Uint8Array | undefined) => void;

/** Writes of one turn; its memory is used again for the next. */
export class WriteBatch {
  readonly #rows: number[] = [];
  /** Where each record ends; one that is empty takes its row out. */
  readonly #ends: number[] = [];
  #memory = memory(START_BYTES);
  #end = 0;

  /** How many writes there are. */
  get size(): number {
    return this.#rows.length;
  }

  /** A row is to hold this. */
  put(row: number, head: RecordHead, content: NewContent): void {
    const start = this.#end;
    this.#end += recordBytes(content);
    if (this.#end > this.#memory.bytes.length) this.#grow();
    writeRecord(this.#memory, start, { head, content });
    this.#rows.push(row);
    this.#ends.push(this.#end);
  }

  /** A row is to be taken out. */
  remove(row: number): void {
    this.#rows.push(row);
    this.#ends.push(this.#end);
  }

  /** Does everything, in order. */
  write(write: WriteRow): void {
    const { bytes } = this.#memory;
    let start = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const end = this.#ends[i]!;
      const record = end > start ? bytes.subarray(start, end) : undefined;
      write(this.#rows[i]!, record);
      start = end;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#rows.length = this.#ends.length = this.#end = 0;
  }

  #grow(): void {
    const grown = memory(2 * this.#end);
    grown.bytes.set(this.#memory.bytes);
    this.#memory = grown;
  }
}

function memory(size: number) {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}
