/**
 * Packs replies into datagrams: as many as fit, and no reply is ever cut.
 *
 * @module
 */

import { DATAGRAM_BYTES, DATAGRAM_PDUS } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";

/**
 * The replies to one datagram. A reply is written into
 * {@linkcode ReplyWriter.pdus} from {@linkcode ReplyWriter.end} on, at most
 * twelve PDUs of it, and then committed.
 */
export class ReplyWriter {
  /** The replies, end to end: twelve of up to twelve PDUs each. */
  readonly pdus: PduBuffer = new PduBuffer(
    new Uint8Array(DATAGRAM_PDUS * DATAGRAM_BYTES),
  );
  /** Where the next reply starts. */
  end = 0;
  /** How many datagrams there are. */
  datagrams = 0;
  readonly #starts = new Int32Array(DATAGRAM_PDUS + 1);

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
    this.end = end;
    this.#starts[this.datagrams] = end;
  }

  /** The bytes of a datagram, without a copy. */
  datagram(n: number): Uint8Array {
    return this.pdus.bytes.subarray(this.#starts[n], this.#starts[n + 1]);
  }
}
