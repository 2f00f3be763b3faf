import { assertEquals, assertRejects } from "@std/assert";
import {
  type ByteStream,
  PduReader,
  StreamEndError,
  writeAll,
} from "../../peer/pdu_stream.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { bytesOf } from "./transfer_fixture.ts";

/** A stream that gives its bytes in chunks of so many, and takes as few. */
class Chunks implements ByteStream {
  readonly written: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #chunk: number;
  #at = 0;

  constructor(bytes: Uint8Array, chunk: number) {
    this.#bytes = bytes;
    this.#chunk = chunk;
  }

  read(target: Uint8Array): Promise<number | null> {
    const left = this.#bytes.length - this.#at;
    if (left === 0) return Promise.resolve(null);
    const count = Math.min(this.#chunk, target.length, left);
    target.set(this.#bytes.subarray(this.#at, this.#at + count));
    this.#at += count;
    return Promise.resolve(count);
  }

  write(bytes: Uint8Array): Promise<number> {
    const count = Math.min(this.#chunk, bytes.length);
    this.written.push(...bytes.subarray(0, count));
    return Promise.resolve(count);
  }
}

Deno.test("PduReader gives the same PDUs however they come", async () => {
  const bytes = bytesOf(20 * PDU_BYTES);
  for (const chunk of [1, 7, 100, 101, 102, 202, 500, 5_000]) {
    for (const room of [3, 4, 50]) {
      const reader = new PduReader(new Chunks(bytes, chunk), {
        bufferBytes: room * PDU_BYTES,
      });
      const read: number[] = [];
      for (let pdus = 1; read.length < bytes.length; pdus = pdus % 3 + 1) {
        const left = (bytes.length - read.length) / PDU_BYTES;
        const wanted = Math.min(pdus, left);
        assertEquals(await reader.fill(wanted), true);
        const { start } = reader;
        read.push(
          ...reader.pdus.bytes.subarray(start, start + wanted * PDU_BYTES),
        );
        reader.skip(wanted * PDU_BYTES);
      }
      assertEquals(read, [...bytes]);
      assertEquals(await reader.fill(1), false);
    }
  }
});

Deno.test("PduReader tells an end between PDUs from one within", async () => {
  for (let length = 0; length <= 3 * PDU_BYTES; length++) {
    const reader = new PduReader(new Chunks(bytesOf(length), 50), {
      bufferBytes: 4 * PDU_BYTES,
    });
    const whole = Math.floor(length / PDU_BYTES);
    for (let i = 0; i < whole; i++) {
      assertEquals(await reader.fill(1), true);
      reader.skip(PDU_BYTES);
    }
    const rest = length % PDU_BYTES;
    if (rest === 0) {
      assertEquals(await reader.fill(1), false);
      continue;
    }
    const error = await assertRejects(() => reader.fill(1), StreamEndError);
    assertEquals([error.received, error.wanted], [rest, PDU_BYTES]);
  }
});

Deno.test("PduReader.drain() gives what is there, and the rest is read past it", async () => {
  const bytes = bytesOf(1_000);
  const reader = new PduReader(new Chunks(bytes, 300), {
    bufferBytes: 10 * PDU_BYTES,
  });
  await reader.fill(1);
  reader.skip(PDU_BYTES);
  const target = new Uint8Array(1_000);
  assertEquals(reader.drain(target.subarray(0, 99)), 99);
  assertEquals(reader.drain(target.subarray(99)), 100);
  assertEquals(reader.unread, 0);
  assertEquals(await reader.readInto(target.subarray(199)), 300);
  assertEquals(target.subarray(0, 499), bytes.subarray(101, 600));
});

Deno.test("PduReader refuses to wait for more than it holds", async () => {
  const reader = new PduReader(new Chunks(bytesOf(1_000), 300), {
    bufferBytes: 2 * PDU_BYTES,
  });
  await assertRejects(() => reader.fill(3), RangeError);
});

Deno.test("writeAll() writes all, in however many parts", async () => {
  const bytes = bytesOf(1_000);
  for (const chunk of [1, 99, 1_000, 2_000]) {
    const stream = new Chunks(bytes, chunk);
    const progress: number[] = [];
    await writeAll(stream, bytes, { onProgress: (n) => progress.push(n) });
    assertEquals(stream.written, [...bytes]);
    assertEquals(progress.at(-1), 1_000);
  }
});
