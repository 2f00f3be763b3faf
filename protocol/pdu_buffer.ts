/**
 * Reads and writes the fields of PDUs that lie end to end in a buffer. Integers
 * are big-endian, here and nowhere else.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Address, ADDRESS_BYTES } from "./address.ts";
import type { Field } from "./layout.ts";
import { isPrintable } from "./name.ts";
import { PDU_BYTES, ProtocolError } from "./pdu.ts";

const HIGH_WORD = 2 ** 32;

/**
 * A buffer of whole PDUs. Every accessor takes `at`, the offset of a PDU's type
 * byte, and a {@linkcode Field} of its layout.
 */
export class PduBuffer {
  /** The bytes themselves. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text: Buffer;

  /** Wraps the bytes, which are shared and not copied. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The type byte. */
  type(at: number): number {
    return this.#view.getUint8(at);
  }

  /** Starts a PDU: writes its type and clears its payload. */
  begin(at: number, type: number): void {
    // Twelve words of eight bytes, and one that overlaps the last of them: a
    // third of the time that fill() takes for so few bytes.
    for (let word = at; word < at + 96; word += 8) {
      this.#view.setFloat64(word, 0);
    }
    this.#view.setFloat64(at + PDU_BYTES - 8, 0);
    this.bytes[at] = type;
  }

  /** Reads an 8-bit field. */
  u8(at: number, field: Field): number {
    return this.#view.getUint8(at + 1 + field.offset);
  }

  /** Reads a 16-bit field. */
  u16(at: number, field: Field): number {
    return this.#view.getUint16(at + 1 + field.offset);
  }

  /** Reads a 32-bit field. */
  u32(at: number, field: Field): number {
    return this.#view.getUint32(at + 1 + field.offset);
  }

  /** Reads an opaque 64-bit field. */
  u64(at: number, field: Field): bigint {
    return this.#view.getBigUint64(at + 1 + field.offset);
  }

  /**
   * Reads a 64-bit count as a number; one past 2^53 comes back rounded, which
   * every limit on sizes refuses.
   */
  count(at: number, field: Field): number {
    const high = this.#view.getUint32(at + 1 + field.offset);
    return high * HIGH_WORD + this.#view.getUint32(at + 5 + field.offset);
  }

  /** Reads the bytes of a field, as a copy. */
  copy(at: number, field: Field): Uint8Array {
    const start = at + 1 + field.offset;
    return this.bytes.slice(start, start + field.bytes);
  }

  /** Reads an address, as a copy. */
  address(at: number, field: Field): Address {
    return this.copy(at, field) as Address;
  }

  /**
   * Reads the bytes of a text field, without its padding and without a copy.
   *
   * @throws {ProtocolError} Where something other than padding follows its end.
   */
  textBytes(at: number, field: Field): Uint8Array {
    const start = at + 1 + field.offset;
    return this.bytes.subarray(start, this.#textEnd(start, field.bytes));
  }

  /**
   * Reads a text field.
   *
   * @throws {ProtocolError} Where it is no UTF-8, or something other than
   * padding follows its end.
   */
  text(at: number, field: Field): string {
    const start = at + 1 + field.offset;
    const end = this.#textEnd(start, field.bytes);
    for (let i = start; i < end; i++) {
      if (this.bytes[i]! > 0x7f) {
        return decodeUtf8(this.bytes.subarray(start, end));
      }
    }
    return this.#text.toString("latin1", start, end);
  }

  /**
   * Reads a text that is there for people to read and for nothing else: one
   * that cannot be shown is left out, and spoils no message.
   */
  caption(at: number, field: Field): string {
    try {
      const text = this.text(at, field);
      return isPrintable(text) ? text : "";
    } catch (error) {
      if (error instanceof ProtocolError) return "";
      throw error;
    }
  }

  /**
   * Writes an 8-bit field.
   *
   * @throws {RangeError} Where the value does not fit, as in every `set…`:
   * nothing is cut silently.
   */
  setU8(at: number, field: Field, value: number): void {
    if (value !== (value & 0xff)) throw misfit(value, field);
    this.#view.setUint8(at + 1 + field.offset, value);
  }

  /** Writes a 16-bit field. */
  setU16(at: number, field: Field, value: number): void {
    if (value !== (value & 0xffff)) throw misfit(value, field);
    this.#view.setUint16(at + 1 + field.offset, value);
  }

  /** Writes a 32-bit field. */
  setU32(at: number, field: Field, value: number): void {
    if (value !== value >>> 0) throw misfit(value, field);
    this.#view.setUint32(at + 1 + field.offset, value);
  }

  /** Writes an opaque 64-bit field: 0 to 2^64 - 1. */
  setU64(at: number, field: Field, value: bigint): void {
    this.#view.setBigUint64(at + 1 + field.offset, value);
  }

  /** Writes a count below 2^53 as 64 bits. */
  setCount(at: number, field: Field, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw misfit(value, field);
    this.#view.setUint32(at + 1 + field.offset, Math.floor(value / HIGH_WORD));
    this.#view.setUint32(at + 5 + field.offset, value % HIGH_WORD);
  }

  /** Writes bytes, at most as many as the field is wide. */
  setBytes(at: number, field: Field, value: Uint8Array): void {
    if (value.length > field.bytes) {
      throw new RangeError(
        `Cannot write a field: ${value.length} bytes do not fit in ${field.bytes}`,
      );
    }
    this.bytes.set(value, at + 1 + field.offset);
  }

  /** Writes an address. */
  setAddress(at: number, field: Field, value: Address): void {
    const start = at + 1 + field.offset;
    for (let i = 0; i < ADDRESS_BYTES; i++) this.bytes[start + i] = value[i]!;
  }

  /**
   * Writes a text field.
   *
   * @throws {RangeError} Where the text does not fit, or holds a control
   * character, which no reader takes.
   */
  setText(at: number, field: Field, text: string): void {
    const start = at + 1 + field.offset;
    if (text.length <= field.bytes && this.#putAscii(start, text)) return;
    if (!isPrintable(text)) {
      throw new RangeError("Cannot write a text: it holds a control character");
    }
    this.setBytes(at, field, ENCODER.encode(text));
  }

  #putAscii(start: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e) return false;
      this.bytes[start + i] = code;
    }
    return true;
  }

  #textEnd(start: number, width: number): number {
    const limit = start + width;
    let end = start;
    while (end < limit && this.bytes[end] !== 0) end++;
    for (let i = end; i < limit; i++) {
      if (this.bytes[i] !== 0) {
        throw new ProtocolError("Cannot read a text: it goes on after its end");
      }
    }
    return end;
  }
}

function misfit(value: number, field: Field): RangeError {
  return new RangeError(
    `Cannot write a field: ${value} does not fit in ${field.bytes} bytes`,
  );
}

/**
 * Decodes UTF-8 strictly.
 *
 * @throws {ProtocolError} Where the bytes are no UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("Cannot read a text: it is no UTF-8", { cause });
  }
}

/** Encodes a text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
