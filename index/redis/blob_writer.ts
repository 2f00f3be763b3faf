/**
 * Packs what a script is given into one argument: numbers in big-endian order,
 * texts behind their length.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Longer than any request of an index needs. */
const MAX_BYTES = 4_096;

/** Writes one argument after the other; used again for the next. */
export class BlobWriter {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #buffer = Buffer.from(this.#bytes.buffer);
  #end = 0;

  /** Starts over. */
  clear(): this {
    this.#end = 0;
    return this;
  }

  /** A whole number of one byte. */
  u8(value: number): this {
    this.#bytes[this.#end++] = value;
    return this;
  }

  /** A whole number of two bytes. */
  u16(value: number): this {
    this.#view.setUint16(this.#end, value);
    this.#end += 2;
    return this;
  }

  /** A whole number of four bytes. */
  u32(value: number): this {
    this.#view.setUint32(this.#end, value);
    this.#end += 4;
    return this;
  }

  /** A whole number of eight bytes, up to 2^53. */
  count(value: number): this {
    this.u32(Math.floor(value / 2 ** 32));
    return this.u32(value >>> 0);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
    return this;
  }

  /** Bytes behind their length. */
  text(bytes: Uint8Array): this {
    return this.u16(bytes.length).raw(bytes);
  }

  /** Several parts behind the length of them all. */
  joined(...parts: readonly Uint8Array[]): this {
    let length = 0;
    for (const part of parts) length += part.length;
    this.u16(length);
    for (const part of parts) this.raw(part);
    return this;
  }

  /** A text of ASCII characters behind its length. */
  ascii(text: string): this {
    this.u16(text.length);
    for (let i = 0; i < text.length; i++) this.u8(text.charCodeAt(i));
    return this;
  }

  /**
   * What was written, as a copy: as a text where it is ASCII, which goes out in
   * one piece with the rest of its command.
   */
  take(): string | Buffer {
    const bytes = this.#bytes;
    const end = this.#end;
    for (let at = 0; at < end; at++) {
      if (bytes[at]! > 0x7f) return Buffer.from(bytes.subarray(0, end));
    }
    return this.#buffer.toString("latin1", 0, end);
  }
}
