/**
 * Texts and digests as they stand in a buffer: what is looked up and not kept
 * needs no object of its own.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { DIGEST_BYTES } from "../protocol/digest.ts";
import { CONTENT_NAME_BYTES } from "../protocol/name.ts";

/**
 * The bytes of a text. It is used again for the next message: who keeps the text
 * takes {@linkcode TextView.toString} or a copy of the bytes.
 */
export class TextView {
  /** Where the bytes are. */
  bytes: Uint8Array = EMPTY;
  /** Where they start. */
  start = 0;
  /** How many they are. */
  length = 0;
  #own: Uint8Array<ArrayBuffer> | undefined;

  /** Makes it a part of a buffer. */
  point(bytes: Uint8Array, start: number, length: number): this {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    return this;
  }

  /** Makes it the bytes of a text of at most 822 characters. */
  assign(text: string): this {
    this.#own ??= new Uint8Array(3 * CONTENT_NAME_BYTES);
    const { written } = ENCODER.encodeInto(text, this.#own);
    return this.point(this.#own, 0, written);
  }

  /** The bytes, without a copy. */
  subarray(): Uint8Array {
    return this.bytes.subarray(this.start, this.start + this.length);
  }

  /** The text. */
  toString(): string {
    const { bytes, start, length } = this;
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, length)
      .toString();
  }
}

/** The bytes of a digest. It is used again for the next message. */
export class DigestView {
  /** Where the bytes are. */
  bytes: Uint8Array = EMPTY;
  /** Where its 32 bytes start. */
  start = 0;

  /** Makes it a part of a buffer. */
  point(bytes: Uint8Array, start: number): this {
    this.bytes = bytes;
    this.start = start;
    return this;
  }

  /** The bytes, without a copy. */
  subarray(): Uint8Array {
    return this.bytes.subarray(this.start, this.start + DIGEST_BYTES);
  }
}

const EMPTY = new Uint8Array(0);
const ENCODER = new TextEncoder();
