/**
 * Buffers to send from: large ones while there are few clients, small ones when
 * there are many, so that memory has a bound whatever clients do.
 *
 * @module
 */

import { PDU_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";

/**
 * PDUs of a large buffer: a grant and half of a mebibyte of content. Larger
 * ones leave the processor's cache between reading, framing and sending.
 */
const LARGE_PDUS = 2 + 5_243;

/** PDUs of a small buffer. */
const SMALL_PDUS = 320;

/** Two buffers, one to fill while the other is sent. */
export type BufferPair = [PduBuffer, PduBuffer];

/** Lends pairs of buffers. */
export class SendBuffers {
  readonly #idle: BufferPair[] = [];
  #largeLeft: number;

  /** @param maxBytes What the large buffers may take in all, in bytes. */
  constructor({ maxBytes }: { maxBytes: number }) {
    this.#largeLeft = Math.floor(maxBytes / (2 * LARGE_PDUS * PDU_BYTES));
  }

  /** Lends a pair: a large one, or a small one when the large ones are lent. */
  lend(): BufferPair {
    if (this.#largeLeft === 0) return pair(SMALL_PDUS);
    this.#largeLeft--;
    return this.#idle.pop() ?? pair(LARGE_PDUS);
  }

  /** Takes a pair back. */
  takeBack(buffers: BufferPair): void {
    if (buffers[0].bytes.length !== LARGE_PDUS * PDU_BYTES) return;
    this.#largeLeft++;
    // A few clients' worth stays at hand: new memory costs more than to read
    // what is sent from it. A crowd's worth is given up.
    if (this.#idle.length < MAX_IDLE_PAIRS) this.#idle.push(buffers);
  }
}

const MAX_IDLE_PAIRS = 8;

function pair(pdus: number): BufferPair {
  return [
    new PduBuffer(new Uint8Array(pdus * PDU_BYTES)),
    new PduBuffer(new Uint8Array(pdus * PDU_BYTES)),
  ];
}
