/**
 * The cursor of a list: where to go on, in 16 bytes that mean something to the
 * index that made them alone.
 *
 * @module
 */

import { NO_CURSOR } from "../../protocol/request.ts";

/** Where a list goes on, and how many registrations it showed before. */
export interface Cursor {
  readonly position: number;
  readonly count: number;
}

const CURSOR_BYTES = 16;
const MARK_BYTES = 8;

/** Writes and reads cursors: a mark of this start 8, position 4, count 4. */
export class CursorCodec {
  readonly #mark: Uint8Array;

  /** @param mark 8 random bytes: a cursor of another start is refused. */
  constructor(mark: Uint8Array) {
    this.#mark = mark.slice(0, MARK_BYTES);
    // An all-zero mark could make a cursor that means "the end".
    this.#mark[0]! |= 1;
  }

  /** The cursor that says that the list has ended. */
  end(): Uint8Array {
    return NO_CURSOR;
  }

  /** Writes a cursor. */
  encode({ position, count }: Cursor): Uint8Array {
    const cursor = new Uint8Array(CURSOR_BYTES);
    cursor.set(this.#mark);
    const view = new DataView(cursor.buffer);
    view.setUint32(MARK_BYTES, position);
    view.setUint32(MARK_BYTES + 4, count);
    return cursor;
  }

  /** Reads a cursor, or `undefined` where it is none of this start. */
  decode(cursor: Uint8Array): Cursor | undefined {
    if (cursor.every((byte) => byte === 0)) return { position: 1, count: 0 };
    if (!this.#mark.every((byte, i) => byte === cursor[i])) return undefined;
    const view = new DataView(cursor.buffer, cursor.byteOffset);
    const position = view.getUint32(MARK_BYTES);
    if (position === 0) return undefined;
    return { position, count: view.getUint32(MARK_BYTES + 4) };
  }
}
