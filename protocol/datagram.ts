/**
 * Datagrams: 1 to 12 PDUs end to end, which hold one message or several.
 *
 * @module
 */

import { messageEnd, type Span } from "./message.ts";
import { DATAGRAM_BYTES, isContinuation, PDU_BYTES } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";

/** Whether a datagram of this length can be one of ours: any other is dropped. */
export function isDatagramLength(bytes: number): boolean {
  return bytes > 0 && bytes <= DATAGRAM_BYTES && bytes % PDU_BYTES === 0;
}

/**
 * The messages of a datagram, in order. Continuations before the first message
 * belong to none and are skipped.
 *
 * @param bytes How many bytes of the buffer the datagram is, as
 * {@linkcode isDatagramLength} allows.
 */
export function* messagesOf(pdus: PduBuffer, bytes: number): Generator<Span> {
  let start = 0;
  while (start < bytes) {
    const end = messageEnd(pdus, start, bytes);
    if (!isContinuation(pdus.type(start))) yield { start, end };
    start = end;
  }
}
