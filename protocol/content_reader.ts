/**
 * Content as it arrives: in chunks that are cut anywhere.
 *
 * @module
 */

import { framedBytes, unframeContent, wrongType } from "./content.ts";
import { PAYLOAD_BYTES, PDU_BYTES, PDU_TYPE } from "./pdu.ts";

/** How far one call of {@linkcode ContentReader.read} came. */
export interface ContentRead {
  /** Bytes of PDUs that were read. */
  readonly taken: number;
  /** Bytes of content that were written. */
  readonly written: number;
}

/**
 * Reads the content of one answer, from chunks that may begin and end anywhere
 * inside a PDU, into buffers that may do so too.
 *
 * Whole PDUs go straight from the one to the other; only those that are cut by
 * the end of a chunk or of a buffer go in parts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ContentReader, frameContent } from "@peerdex/peerdex/protocol";
 *
 * const pdus = new Uint8Array(303);
 * frameContent(new Uint8Array(250).fill(7), pdus);
 *
 * const reader = new ContentReader(250);
 * const piece = new Uint8Array(200);
 * assertEquals(reader.read(pdus.subarray(0, 150), piece), {
 *   taken: 150,
 *   written: 148,
 * });
 * assertEquals(reader.read(pdus.subarray(150), piece.subarray(148)), {
 *   taken: 52,
 *   written: 52,
 * });
 * assertEquals(reader.contentLeft, 50);
 * ```
 */
export class ContentReader {
  readonly #length: number;
  #contentLeft: number;
  /** The PDU that is cut: how many bytes of it were read, 0 where none is. */
  #cut = 0;

  /**
   * Expects an answer.
   *
   * @param length Bytes of content in the answer, 0 to 2^44.
   * @throws {RangeError} Where the length is none.
   */
  constructor(length: number) {
    framedBytes(length);
    this.#length = length;
    this.#contentLeft = length;
  }

  /** Bytes of content still to be written. */
  get contentLeft(): number {
    return this.#contentLeft;
  }

  /** Whether everything was read, the padding of the last PDU included. */
  get done(): boolean {
    return this.#contentLeft === 0 && this.#cut === 0;
  }

  /**
   * Reads until the chunk is used up, the room is, or the answer ends. Bytes
   * after the answer are left alone: they belong to the next one. Both may lie
   * in the same memory, if the content begins where the chunk begins or before.
   *
   * @param pdus What arrived, from where the last call stopped.
   * @param content Where the content goes on, from its first byte.
   * @throws {ProtocolError} Where a PDU is of another type.
   */
  read(pdus: Uint8Array, content: Uint8Array): ContentRead {
    let taken = 0;
    let written = 0;
    while (!this.done) {
      if (this.#cut === 0) {
        const count = Math.min(
          Math.floor((pdus.length - taken) / PDU_BYTES),
          Math.floor((content.length - written) / PAYLOAD_BYTES),
          Math.floor(this.#contentLeft / PAYLOAD_BYTES),
        );
        const bytes = count * PAYLOAD_BYTES;
        unframeContent(
          pdus.subarray(taken, taken + count * PDU_BYTES),
          content.subarray(written, written + bytes),
          { first: this.#index() },
        );
        taken += count * PDU_BYTES;
        written += bytes;
        this.#contentLeft -= bytes;
        if (this.done) break;
        if (taken === pdus.length || written === content.length) break;
        const type = pdus[taken]!;
        if (type !== PDU_TYPE.CONTENT) throw wrongType(type, this.#index());
        taken++;
        this.#cut = 1;
      }
      const part = Math.min(
        PDU_BYTES - this.#cut,
        pdus.length - taken,
        // After the content its last PDU has nothing but padding.
        this.#contentLeft || PDU_BYTES,
        this.#contentLeft ? content.length - written : PDU_BYTES,
      );
      if (part === 0) break;
      if (this.#contentLeft > 0) {
        content.set(pdus.subarray(taken, taken + part), written);
        written += part;
        this.#contentLeft -= part;
      }
      taken += part;
      this.#cut = (this.#cut + part) % PDU_BYTES;
    }
    return { taken, written };
  }
  /** Which PDU of the answer the next one is, from 0. */
  #index(): number {
    return (this.#length - this.#contentLeft) / PAYLOAD_BYTES;
  }
}
