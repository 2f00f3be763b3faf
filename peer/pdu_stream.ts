/**
 * PDUs over a stream: reads that end exactly where a PDU ends, writes that end
 * when all is written.
 *
 * @module
 */

import { PDU_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";

/** A connection as far as PDUs need one; `Deno.Conn` is one. */
export interface ByteStream {
  /** Reads at least one byte, or gives `null` where the other side has closed. */
  read(bytes: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** The other side closed the stream in the middle of something. */
export class StreamEndError extends Error {
  override readonly name = "StreamEndError";
  /** Bytes of it that came. */
  readonly received: number;
  /** Bytes of it that were wanted. */
  readonly wanted: number;

  /** Tells how many bytes came, and how many were wanted. */
  constructor({ received, wanted }: { received: number; wanted: number }) {
    super(
      `The connection was closed in the middle of a message: expected ` +
        `${wanted} bytes, received ${received}`,
    );
    this.received = received;
    this.wanted = wanted;
  }
}

/**
 * Reads a stream into one buffer that is used again and again. What is unread
 * lies in `[start, end)` of {@linkcode PduReader.pdus}; a call that waits may
 * move it.
 */
export class PduReader {
  /** The buffer. */
  readonly pdus: PduBuffer;
  readonly #stream: ByteStream;
  readonly #bytes: Uint8Array;
  #start = 0;
  #end = 0;

  /**
   * @param stream What to read.
   * @param options How large the buffer is, in bytes.
   */
  constructor(
    stream: ByteStream,
    { bufferBytes }: { bufferBytes: number },
  ) {
    this.#stream = stream;
    this.#bytes = new Uint8Array(bufferBytes);
    this.pdus = new PduBuffer(this.#bytes);
  }

  /** Where the first unread byte lies. */
  get start(): number {
    return this.#start;
  }

  /** Where the last unread byte ends. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that have come and are unread. */
  get unread(): number {
    return this.#end - this.#start;
  }

  /** Takes bytes as read. */
  skip(bytes: number): void {
    this.#start += Math.min(bytes, this.unread);
  }

  /**
   * Waits until so many PDUs are unread.
   *
   * @returns Whether they are; `false` where the other side closed before the
   * first byte of them.
   * @throws {StreamEndError} Where it closed after that.
   */
  async fill(pdus: number): Promise<boolean> {
    const wanted = pdus * PDU_BYTES;
    if (this.unread >= wanted) return true;
    this.#makeRoom(wanted);
    while (this.unread < wanted) {
      const count = await this.#stream.read(this.#bytes.subarray(this.#end));
      if (count === null) {
        if (this.unread === 0) return false;
        throw new StreamEndError({ received: this.unread, wanted });
      }
      this.#end += count;
    }
    return true;
  }

  /** Moves unread bytes to `target`, as many as there are and it holds. Returns how many. */
  drain(target: Uint8Array): number {
    const count = Math.min(target.length, this.unread);
    target.set(this.#bytes.subarray(this.#start, this.#start + count));
    this.#start += count;
    return count;
  }

  /** Reads past the buffer, which is empty. Returns how many bytes came; `null` at the end. */
  readInto(target: Uint8Array): Promise<number | null> {
    return this.#stream.read(target);
  }

  #makeRoom(wanted: number): void {
    if (wanted > this.#bytes.length) {
      throw new RangeError(
        `Cannot hold ${wanted} bytes in a buffer of ${this.#bytes.length}`,
      );
    }
    if (this.unread === 0) {
      this.#start = this.#end = 0;
    } else if (this.#start + wanted > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
  }
}

/**
 * Writes all of the bytes.
 *
 * @param onProgress Is told after each part how many bytes are written so far.
 * @throws Whatever the stream threw: it broke, or was closed.
 */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array,
  { onProgress }: { onProgress?: (written: number) => void } = {},
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += await stream.write(
      written === 0 ? bytes : bytes.subarray(written),
    );
    onProgress?.(written);
  }
}
