/**
 * Reads the fields of a DNS message, whose bytes are a stranger's: every read
 * stays inside the message, and no name can send it round in circles.
 *
 * @module
 */

import { ProtocolError } from "../protocol/pdu.ts";
import { type DnsName, NAME_BYTES } from "./dns_name.ts";

/** The most labels of one message, those that pointers repeat counted again. */
export const MESSAGE_LABELS = 1024;

/** A place in a DNS message, from which its fields are read one by one. */
export class DnsReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #labelsLeft = MESSAGE_LABELS;

  /** Reads from the first byte of a message. The bytes are shared, not copied. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#at;
  }

  /** Goes on from another byte, which must have been read before. */
  seek(offset: number): void {
    this.#at = offset;
  }

  /** Reads an 8-bit number. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Reads a 16-bit number. */
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  /** Reads a 32-bit number. */
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** Reads bytes, as a view of the message. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /**
   * Reads a name. The rest of it may stand earlier in the message (RFC 1035,
   * section 4.1.4): each such pointer must lead further back than the last, so
   * that reading comes to an end.
   *
   * @throws {ProtocolError} Where the name is no name.
   */
  name(): DnsName {
    const labels: string[] = [];
    let length = 0;
    let limit = this.#at;
    let end: number | undefined;
    for (;;) {
      const first = this.u8();
      if (first === 0) break;
      if (first >= POINTER) {
        const to = (first & ~POINTER) << 8 | this.u8();
        end ??= this.#at;
        if (to >= limit) {
          throw new ProtocolError("Cannot read a DNS name: it points forward");
        }
        limit = to;
        this.#at = to;
        continue;
      }
      if (first >= RESERVED) {
        throw new ProtocolError(
          "Cannot read a DNS name: unknown kind of label",
        );
      }
      length += 1 + first;
      if (length >= NAME_BYTES) {
        throw new ProtocolError(
          `Cannot read a DNS name: it is longer than ${NAME_BYTES} bytes`,
        );
      }
      // A few bytes can point at a long name again and again.
      if (this.#labelsLeft-- === 0) {
        throw new ProtocolError(
          `Cannot read a DNS message: it has over ${MESSAGE_LABELS} labels`,
        );
      }
      labels.push(DECODER.decode(this.bytes(first)));
    }
    this.#at = end ?? this.#at;
    return labels;
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw new ProtocolError(
        `Cannot read a DNS message: it ends at byte ${this.#bytes.length}, ` +
          `a field at ${start} has ${length} bytes`,
      );
    }
    this.#at = start + length;
    return start;
  }
}

// The two high bits of a label's length say what it is: 00 a label, 11 a
// pointer, and the other two are nothing (RFC 1035, section 4.1.4).
const POINTER = 0xc0;
const RESERVED = 0x40;

// What is no UTF-8 becomes U+FFFD: another service's record with such a name
// must not cost the records beside it.
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
