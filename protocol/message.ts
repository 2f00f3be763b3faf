/**
 * How PDUs make up a message: an upper-case one opens it, the lower-case ones
 * after it with the same transaction number continue it, and those that this
 * version does not know are skipped.
 *
 * @module
 */

import type { Field } from "./layout.ts";
import { NAME } from "./layout.ts";
import { CONTENT_NAME_BYTES, isAscii } from "./name.ts";
import { isContinuation, PDU_BYTES, PDU_TYPE, ProtocolError } from "./pdu.ts";
import { decodeUtf8, encodeUtf8, type PduBuffer } from "./pdu_buffer.ts";

/** The number that ties a reply to its request, 0 to 2^32 - 1. */
export type Transaction = number;

/** Where one message lies in a buffer: `[start, end)`, whole PDUs. */
export interface Span {
  /** Offset of the type byte of its first PDU. */
  readonly start: number;
  /** Offset after its last PDU. */
  readonly end: number;
}

/** Where the message that starts at `start` ends: before the next upper-case PDU. */
export function messageEnd(
  pdus: PduBuffer,
  start: number,
  limit: number,
): number {
  let end = start + PDU_BYTES;
  while (end < limit && isContinuation(pdus.type(end))) end += PDU_BYTES;
  return end;
}

/**
 * Finds the next continuation of a kind within a message.
 *
 * @param from Where to start looking: after the message's head, or after the
 * continuation that was found before.
 * @returns Its offset, or -1 where there is none.
 */
export function findContinuation(
  pdus: PduBuffer,
  span: Span,
  type: number,
  from: number = span.start + PDU_BYTES,
): number {
  const { start, end } = span;
  if (from >= end) return -1;
  const transaction = pdus.u32(start, NAME.transaction);
  for (let at = from; at < end; at += PDU_BYTES) {
    if (
      pdus.type(at) === type && pdus.u32(at, NAME.transaction) === transaction
    ) return at;
  }
  return -1;
}

/** How many PDUs a name takes after the one that holds its first bytes. */
export function namePdus(name: string, field: Field): number {
  if (name.length * 3 <= field.bytes) return 0;
  if (name.length <= field.bytes && isAscii(name)) return 0;
  const rest = encodeUtf8(name).length - field.bytes;
  return Math.max(0, Math.ceil(rest / NAME.name.bytes));
}

/**
 * Writes a name: its first bytes into a field of the PDU at `at`, the rest into
 * `n` PDUs right after it. A name may be given as its bytes of UTF-8.
 *
 * @returns Where the last PDU that it wrote ends.
 * @throws {RangeError} Where the name is longer than 822 bytes.
 */
export function writeName(
  pdus: PduBuffer,
  at: number,
  field: Field,
  name: string | Uint8Array,
): number {
  let end = at + PDU_BYTES;
  if (typeof name === "string" && name.length <= field.bytes) {
    if (name.length * 3 <= field.bytes || isAscii(name)) {
      pdus.setText(at, field, name);
      return end;
    }
  }
  const bytes = typeof name === "string" ? encodeUtf8(name) : name;
  if (bytes.length > CONTENT_NAME_BYTES) {
    throw new RangeError(
      `Cannot write a name of ${bytes.length} bytes: at most ${CONTENT_NAME_BYTES}`,
    );
  }
  if (bytes.length <= field.bytes) {
    pdus.setBytes(at, field, bytes);
    return end;
  }
  pdus.setBytes(at, field, bytes.subarray(0, field.bytes));
  const transaction = pdus.u32(at, NAME.transaction);
  for (let done = field.bytes; done < bytes.length; done += NAME.name.bytes) {
    pdus.begin(end, PDU_TYPE.NAME);
    pdus.setU32(end, NAME.transaction, transaction);
    pdus.setBytes(
      end,
      NAME.name,
      bytes.subarray(done, done + NAME.name.bytes),
    );
    end += PDU_BYTES;
  }
  return end;
}

/**
 * Reads a name that starts in a field of the message's first PDU.
 *
 * @throws {ProtocolError} Where it is no UTF-8, goes on after its end, or is
 * longer than 822 bytes.
 */
export function readName(pdus: PduBuffer, span: Span, field: Field): string {
  let at = findContinuation(pdus, span, PDU_TYPE.NAME);
  if (at < 0) return pdus.text(span.start, field);
  const parts = [pdus.textBytes(span.start, field)];
  let room = field.bytes;
  let length = parts[0]!.length;
  while (at >= 0) {
    if (parts.at(-1)!.length < room) {
      throw new ProtocolError("Cannot read a name: it goes on after its end");
    }
    const part = pdus.textBytes(at, NAME.name);
    parts.push(part);
    room = NAME.name.bytes;
    length += part.length;
    if (length > CONTENT_NAME_BYTES) {
      throw new ProtocolError(
        `Cannot read a name: it is longer than ${CONTENT_NAME_BYTES} bytes`,
      );
    }
    at = findContinuation(pdus, span, PDU_TYPE.NAME, at + PDU_BYTES);
  }
  const whole = new Uint8Array(length);
  let done = 0;
  for (const part of parts) {
    whole.set(part, done);
    done += part.length;
  }
  return decodeUtf8(whole);
}
