/**
 * Writes the fields of a DNS message, with names shortened to pointers where
 * their ending stands in the message already.
 *
 * @module
 */

import { type DnsName, foldCase, LABEL_BYTES, NAME_BYTES } from "./dns_name.ts";

/** A DNS message that is being written. */
export class DnsWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #endings = new Map<string, number>();
  #at = 0;

  /** Starts an empty message of at most `capacity` bytes. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Writes an 8-bit number. */
  u8(value: number): void {
    this.#view.setUint8(this.#take(1), value);
  }

  /** Writes a 16-bit number. */
  u16(value: number): void {
    this.#view.setUint16(this.#take(2), value);
  }

  /** Writes a 32-bit number. */
  u32(value: number): void {
    this.#view.setUint32(this.#take(4), value);
  }

  /** Writes bytes. */
  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#take(bytes.length));
  }

  /** Writes a 16-bit length, then what `write` writes, which is that long. */
  sized(write: () => void): void {
    const start = this.#take(2);
    write();
    this.#view.setUint16(start, this.#at - start - 2);
  }

  /**
   * Writes a name.
   *
   * @throws {RangeError} Where a label is empty or longer than 63 bytes, or the
   * name longer than 255.
   */
  name(name: DnsName): void {
    checkLength(name);
    for (let i = 0; i < name.length; i++) {
      const ending = JSON.stringify(name.slice(i).map(foldCase));
      const before = this.#endings.get(ending);
      if (before !== undefined) {
        this.u16(POINTER | before);
        return;
      }
      if (this.#at < POINTER_END) this.#endings.set(ending, this.#at);
      const label = ENCODER.encode(name[i]!);
      this.u8(label.length);
      this.bytes(label);
    }
    this.u8(0);
  }

  /** The message as written so far. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw new RangeError(
        `Cannot write a DNS message: it does not fit into ${this.#bytes.length} bytes`,
      );
    }
    this.#at = start + length;
    return start;
  }
}

const POINTER = 0xc000;
const POINTER_END = 0x4000;
const ENCODER = new TextEncoder();

function checkLength(name: DnsName): void {
  let length = 1;
  for (const label of name) {
    const bytes = ENCODER.encode(label).length;
    if (bytes < 1 || bytes > LABEL_BYTES) {
      throw new RangeError(
        `Cannot write a DNS name: a label has ${bytes} bytes, ` +
          `expected 1 to ${LABEL_BYTES}`,
      );
    }
    length += 1 + bytes;
  }
  if (length > NAME_BYTES) {
    throw new RangeError(
      `Cannot write a DNS name: it has ${length} bytes, at most ${NAME_BYTES} fit`,
    );
  }
}
