/**
 * `E`: an index or a content server refuses a request.
 *
 * @module
 */

import { ERROR_CODES, type ErrorName, errorName } from "./error_code.ts";
import { ERROR } from "./layout.ts";
import type { Span, Transaction } from "./message.ts";
import { PDU_BYTES, PDU_TYPE } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";

/** Refuses a request. */
export interface ErrorReply {
  /** The letter of its type. */
  readonly type: "E";
  /** The number of the request that it answers. */
  readonly transaction: Transaction;
  /** A fresh token, where the code is `TOKEN`. */
  readonly token: bigint;
  /** The number of the code, which this version may not know. */
  readonly code: number;
  /** Its name, where this version knows it. */
  readonly error: ErrorName | undefined;
  /** How long to wait before asking again, in seconds; 0 where that does not matter. */
  readonly retryAfter: number;
  /** What went wrong, for people, at most 84 bytes. */
  readonly text: string;
}

/** What a sender fills in for an `E`. */
export interface ErrorFields {
  /** The number of the request that it answers. */
  readonly transaction: Transaction;
  /** The name of the code. */
  readonly error: ErrorName;
  /** A fresh token, where the error is `TOKEN`. */
  readonly token?: bigint;
  /** In seconds. */
  readonly retryAfter?: number;
  /** At most 84 bytes; the table's own text where it is left out. */
  readonly text?: string;
}

/**
 * Writes an `E`.
 *
 * @returns Where it ends.
 * @throws {RangeError} Where the text is over 84 bytes, or holds a control
 * character.
 */
export function encodeError(
  pdus: PduBuffer,
  at: number,
  { transaction, error, token, retryAfter, text }: ErrorFields,
): number {
  const row = ERROR_CODES[error];
  pdus.begin(at, PDU_TYPE.ERROR);
  pdus.setU32(at, ERROR.transaction, transaction);
  if (token) pdus.setU64(at, ERROR.token, token);
  pdus.setU16(at, ERROR.code, row.code);
  pdus.setU16(at, ERROR.retryAfter, retryAfter ?? 0);
  pdus.setText(at, ERROR.text, text ?? row.text);
  return at + PDU_BYTES;
}

/**
 * Reads an `E`: an index and a content server send the same. No `E` is refused:
 * a text that cannot be shown gives way to that of its code.
 */
export function decodeError(pdus: PduBuffer, { start }: Span): ErrorReply {
  const code = pdus.u16(start, ERROR.code);
  const error = errorName(code);
  return {
    type: "E",
    transaction: pdus.u32(start, ERROR.transaction),
    token: pdus.u64(start, ERROR.token),
    code,
    error,
    retryAfter: pdus.u16(start, ERROR.retryAfter),
    text: pdus.caption(start, ERROR.text) ||
      (error ? ERROR_CODES[error].text : `Error ${code}`),
  };
}
