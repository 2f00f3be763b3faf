/**
 * Packs replies into datagrams: as many as fit, and no reply is ever cut.
 *
 * @module
 */

import { DATAGRAM_BYTES, DATAGRAM_PDUS } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";

/** Pages that one answer to an `O` has at most, a datagram each. */
export const MAX_PAGES = 32;

/**
 * Datagrams that it has room for: one with what earlier requests were answered,
 * one for each message of the datagram that is being answered, and more pages
 * of one answer, or of a few together.
 */
const MAX_DATAGRAMS = 1 + DATAGRAM_PDUS + MAX_PAGES - 1;

/**
 * Replies to one sender. A reply is written into {@linkcode ReplyWriter.pdus}
 * from {@linkcode ReplyWriter.end} on, at most twelve PDUs of it, and then
 * committed.
 */
export class ReplyWriter {
  /** The replies, end to end. */
  readonly pdus: PduBuffer = new PduBuffer(
    new Uint8Array(MAX_DATAGRAMS * DATAGRAM_BYTES),
  );
  /** Where the next reply starts. */
  end = 0;
  /** How many datagrams there are. */
  datagrams = 0;
  readonly #starts = new Int32Array(MAX_DATAGRAMS + 1);
  #lastBytes = 0;

  /** Forgets everything. */
  clear(): void {
    this.end = 0;
    this.datagrams = 0;
  }

  /** Takes what was written up to `end` as one reply. */
  commit(end: number): void {
    if (
      this.datagrams === 0 ||
      end - this.#starts[this.datagrams - 1]! > DATAGRAM_BYTES
    ) this.#starts[this.datagrams++] = this.end;
    this.#lastBytes = end - this.end;
    this.end = end;
    this.#starts[this.datagrams] = end;
  }

  /** Whether one more reply like the last may share its datagram, the only one. */
  get hasRoom(): boolean {
    return this.datagrams === 1 &&
      this.end + this.#lastBytes <= DATAGRAM_BYTES;
  }

  /** How many datagrams one answer may have beyond its first. */
  get spare(): number {
    return Math.max(0, MAX_DATAGRAMS - DATAGRAM_PDUS - this.datagrams);
  }

  /** The bytes of a datagram, without a copy. */
  datagram(n: number): Uint8Array {
    return this.pdus.bytes.subarray(this.#starts[n], this.#starts[n + 1]);
  }
}
