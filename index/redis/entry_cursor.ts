/**
 * The cursor of a list: where to go on, in 16 bytes that every index of the
 * registry understands.
 *
 * @module
 */

import { NO_CURSOR } from "../../protocol/request.ts";

/** Where a list goes on: behind which entry, and how many it showed before. */
export interface EntryCursor {
  readonly entry: number;
  readonly count: number;
}

const MARK_BYTES = 4;
const ENTRY_AT = MARK_BYTES;
const COUNT_AT = ENTRY_AT + 8;

/** Writes and reads cursors: a mark of the registry 4, entry 8, count 4. */
export class EntryCursorCodec {
  readonly #mark: Uint8Array;

  /** @param epoch What the registry was given when it was made. */
  constructor(epoch: Uint8Array) {
    this.#mark = epoch.slice(0, MARK_BYTES);
    // All zero means "the end".
    this.#mark[0]! |= 1;
  }

  /** Writes a cursor. */
  encode({ entry, count }: EntryCursor): Uint8Array {
    const cursor = new Uint8Array(COUNT_AT + 4);
    cursor.set(this.#mark);
    const view = new DataView(cursor.buffer);
    view.setBigUint64(ENTRY_AT, BigInt(entry));
    view.setUint32(COUNT_AT, count);
    return cursor;
  }

  /** Reads a cursor, or `undefined` where it is none of this registry's. */
  decode(cursor: Uint8Array): EntryCursor | undefined {
    if (cursor.every((byte) => byte === 0)) return { entry: 0, count: 0 };
    if (!this.#mark.every((byte, i) => byte === cursor[i])) return undefined;
    const view = new DataView(cursor.buffer, cursor.byteOffset);
    const entry = view.getBigUint64(ENTRY_AT);
    if (entry > Number.MAX_SAFE_INTEGER) return undefined;
    return { entry: Number(entry), count: view.getUint32(COUNT_AT) };
  }

  /** The cursor that says that the list has ended. */
  end(): Uint8Array {
    return NO_CURSOR;
  }
}
