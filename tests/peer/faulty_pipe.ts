/**
 * Connections in memory that break in the ways that real ones do.
 *
 * @module
 */

import type { ByteStream } from "../../peer/pdu_stream.ts";

/** What goes wrong in one direction, counted in bytes from the start. */
export interface PipeFault {
  /** The byte in which a bit is flipped. */
  readonly flipAt?: number | undefined;
  /** Where the connection is closed. */
  readonly closeAt?: number | undefined;
  /** Where nothing comes any more. */
  readonly stallAt?: number | undefined;
  /** The most bytes that one read gives. */
  readonly chunk?: number | undefined;
}

/** Bytes that wait before a writer has to. */
const ROOM = 262_144;

/** Both ends of a connection in memory. */
export function pipePair(
  { toClient = {}, toServer = {} }: {
    toClient?: PipeFault;
    toServer?: PipeFault;
  } = {},
): { client: PipeEnd; server: PipeEnd } {
  const there = new Pipe(toServer);
  const back = new Pipe(toClient);
  return { client: new PipeEnd(back, there), server: new PipeEnd(there, back) };
}

/** One end of a connection. */
export class PipeEnd implements ByteStream {
  readonly #in: Pipe;
  readonly #out: Pipe;
  #closed = false;

  /** Reads the one and writes the other. */
  constructor(input: Pipe, output: Pipe) {
    this.#in = input;
    this.#out = output;
  }

  async read(bytes: Uint8Array): Promise<number | null> {
    const count = await this.#in.read(bytes);
    if (this.#closed) throw new Deno.errors.BadResource("closed");
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#closed) throw new Deno.errors.BadResource("closed");
    return await this.#out.write(bytes);
  }

  close(): void {
    if (this.#closed) throw new Deno.errors.BadResource("closed");
    this.#closed = true;
    this.#in.close();
    this.#out.close();
  }
}

class Pipe {
  readonly #fault: PipeFault;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #written = 0;
  #closed = false;
  #wake = Promise.withResolvers<void>();

  constructor(fault: PipeFault) {
    this.#fault = fault;
  }

  close(): void {
    this.#closed = true;
    this.#ring();
  }

  async read(target: Uint8Array): Promise<number | null> {
    while (this.#waiting.length === 0) {
      if (this.#closed) return null;
      await this.#wake.promise;
    }
    const first = this.#waiting[0]!;
    const most = Math.min(target.length, this.#fault.chunk ?? Infinity);
    const count = Math.min(first.length, most);
    target.set(first.subarray(0, count));
    if (count === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(count);
    this.#waitingBytes -= count;
    this.#ring();
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const { flipAt, closeAt = Infinity, stallAt = Infinity } = this.#fault;
    while (this.#waitingBytes >= ROOM || this.#written >= stallAt) {
      if (this.#closed) break;
      await this.#wake.promise;
    }
    if (this.#closed) throw new Deno.errors.BrokenPipe("closed");
    const end = Math.min(
      this.#written + Math.min(bytes.length, ROOM),
      closeAt,
      stallAt,
    );
    const part = bytes.slice(0, end - this.#written);
    if (flipAt !== undefined && flipAt >= this.#written && flipAt < end) {
      part[flipAt - this.#written]! ^= 1 << flipAt % 8;
    }
    this.#written = end;
    if (part.length > 0) this.#waiting.push(part);
    this.#waitingBytes += part.length;
    if (end === closeAt) this.#closed = true;
    this.#ring();
    return part.length;
  }

  #ring(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
