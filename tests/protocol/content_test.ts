import { assertEquals, assertThrows } from "@std/assert";
import {
  frameContent,
  framedBytes,
  unframeContent,
} from "../../protocol/content.ts";
import { ContentReader } from "../../protocol/content_reader.ts";
import { ProtocolError } from "../../protocol/pdu.ts";

/** Longer than any content below. */
const CONTENT = Uint8Array.from({ length: 1_001 }, (_, i) => (i * 7 + 3) % 256);

Deno.test("frameContent() and unframeContent() agree with a plain loop at every length", () => {
  for (let length = 0; length <= 1_000; length++) {
    const content = CONTENT.subarray(0, length);
    const expected = plainFrame(content);
    assertEquals(framedBytes(length), expected.length);
    // What follows must not be touched.
    const pdus = new Uint8Array(expected.length + 9).fill(0xee);
    assertEquals(frameContent(content, pdus), expected.length);
    assertSame(pdus, [...expected, ...Array(9).fill(0xee)]);
    const back = new Uint8Array(length + 9).fill(0xee);
    unframeContent(expected, back.subarray(0, length));
    assertSame(back, [...content, ...Array(9).fill(0xee)]);
  }
});

Deno.test("frameContent() and unframeContent() work at every offset of a buffer", () => {
  const expected = plainFrame(CONTENT.subarray(0, 250));
  for (let from = 0; from < 17; from++) {
    for (let to = 0; to < 17; to++) {
      const source = new Uint8Array(from + 250);
      source.set(CONTENT.subarray(0, 250), from);
      const pdus = new Uint8Array(to + 303);
      frameContent(source.subarray(from), pdus.subarray(to));
      assertSame(pdus.subarray(to), expected);
      const back = new Uint8Array(from + 250);
      unframeContent(pdus.subarray(to), back.subarray(from));
      assertSame(back, source);
    }
  }
});

Deno.test("frameContent() frames what lies in the same memory", () => {
  for (let length = 0; length <= 1_000; length++) {
    const expected = plainFrame(CONTENT.subarray(0, length));
    const count = expected.length / 101;
    for (const gap of [count, count + 1, count + 100]) {
      const memory = new Uint8Array(gap + expected.length);
      memory.set(CONTENT.subarray(0, length), gap);
      frameContent(memory.subarray(gap, gap + length), memory);
      assertSame(memory.subarray(0, expected.length), expected);
    }
  }
});

Deno.test("unframeContent() reads into the same memory", () => {
  for (let length = 0; length <= 1_000; length++) {
    const framed = plainFrame(CONTENT.subarray(0, length));
    for (const gap of [0, 1, 100]) {
      const memory = new Uint8Array(gap + framed.length);
      memory.set(framed, gap);
      unframeContent(memory.subarray(gap), memory.subarray(0, length));
      assertSame(memory.subarray(0, length), CONTENT.subarray(0, length));
    }
  }
});

Deno.test("unframeContent() refuses every other type, wherever it is", () => {
  for (const length of [1, 100, 101, 950]) {
    const framed = plainFrame(CONTENT.subarray(0, length));
    for (let index = 0; index < framed.length / 101; index++) {
      for (let type = 0; type < 256; type++) {
        if (type === 0x43) continue;
        const pdus = framed.slice();
        pdus[index * 101] = type;
        const hex = type.toString(16).padStart(2, "0");
        assertThrows(
          () => unframeContent(pdus, new Uint8Array(length)),
          ProtocolError,
          `expected type 0x43 in PDU ${index}, received 0x${hex}`,
        );
      }
    }
  }
});

Deno.test("unframeContent() names a PDU by its place in the answer", () => {
  assertThrows(
    () => unframeContent(new Uint8Array(101), new Uint8Array(9), { first: 70 }),
    ProtocolError,
    "in PDU 70, received 0x00",
  );
});

Deno.test("frameContent() and unframeContent() refuse buffers of the wrong size", () => {
  const pdus = new Uint8Array(302).fill(0xee);
  assertThrows(
    () => frameContent(new Uint8Array(250), pdus),
    RangeError,
    "expected room for 303 bytes, received 302",
  );
  assertSame(pdus, new Uint8Array(302).fill(0xee));
  for (const bytes of [0, 302, 304, 404]) {
    assertThrows(
      () => unframeContent(new Uint8Array(bytes), new Uint8Array(250)),
      RangeError,
      `expected 303 bytes of PDUs, received ${bytes}`,
    );
  }
});

Deno.test("framedBytes() refuses what is no length", () => {
  for (const length of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => framedBytes(length), RangeError);
    assertThrows(() => new ContentReader(length), RangeError);
  }
  assertEquals(framedBytes(2 ** 44), Math.ceil(2 ** 44 / 100) * 101);
});

Deno.test("ContentReader reads chunks of any size into buffers of any size", () => {
  for (const length of [0, 1, 99, 100, 101, 200, 350]) {
    // What follows the answer belongs to the next one.
    const stream = [...plainFrame(CONTENT.subarray(0, length)), 0x45, 0x45];
    for (let chunk = 1; chunk <= stream.length; chunk += 3) {
      for (let room = 1; room <= length + 10; room += 3) {
        const { read, taken } = readAll(stream, { length, chunk, room });
        assertSame(read, CONTENT.subarray(0, length));
        assertEquals(taken, stream.length - 2);
      }
    }
  }
});

Deno.test("ContentReader reads into the memory that it reads from", () => {
  const memory = new Uint8Array(plainFrame(CONTENT.subarray(0, 950)));
  const reader = new ContentReader(950);
  let end = 0;
  for (let at = 0; at < memory.length;) {
    const chunk = memory.subarray(at, at + 130);
    const { taken, written } = reader.read(chunk, memory.subarray(end));
    at += taken;
    end += written;
  }
  assertEquals(reader.done, true);
  assertSame(memory.subarray(0, end), CONTENT.subarray(0, 950));
});

Deno.test("ContentReader refuses another type, however the chunks are cut", () => {
  for (let index = 0; index < 4; index++) {
    const stream = plainFrame(CONTENT.subarray(0, 350));
    stream[index * 101] = 0x45;
    for (let chunk = 1; chunk <= stream.length; chunk++) {
      assertThrows(
        () => readAll(stream, { length: 350, chunk, room: 350 }),
        ProtocolError,
        `in PDU ${index}, received 0x45`,
      );
    }
  }
});

Deno.test("ContentReader waits where there is nothing to read, or no room", () => {
  const reader = new ContentReader(150);
  const pdus = plainFrame(CONTENT.subarray(0, 150));
  const nothing = { taken: 0, written: 0 };
  assertEquals(reader.read(pdus.subarray(0, 0), new Uint8Array(150)), nothing);
  assertEquals(reader.read(pdus, new Uint8Array(0)), nothing);
  assertEquals(reader.contentLeft, 150);
  assertEquals(reader.done, false);
  assertEquals(reader.read(pdus, new Uint8Array(150)), {
    taken: 202,
    written: 150,
  });
  assertEquals(reader.done, true);
  assertEquals(reader.read(pdus, new Uint8Array(150)), nothing);
});

function readAll(
  stream: Iterable<number>,
  { length, chunk, room }: { length: number; chunk: number; room: number },
): { read: Uint8Array; taken: number } {
  const bytes = Uint8Array.from(stream);
  const reader = new ContentReader(length);
  const read = new Uint8Array(length);
  let taken = 0;
  let end = 0;
  while (!reader.done) {
    const step = reader.read(
      bytes.subarray(taken, taken + chunk),
      read.subarray(end, end + room),
    );
    taken += step.taken;
    end += step.written;
    assertEquals(reader.contentLeft, length - end);
  }
  return { read, taken };
}

/** The same as `frameContent`, byte by byte. */
function plainFrame(content: Uint8Array): Uint8Array {
  const pdus: number[] = [];
  for (let at = 0; at < content.length; at += 100) {
    pdus.push("C".charCodeAt(0));
    for (let i = at; i < at + 100; i++) pdus.push(content[i] ?? 0);
  }
  return Uint8Array.from(pdus);
}

/** As `assertEquals`, which takes long to compare many bytes. */
function assertSame(actual: Uint8Array, expected: Iterable<number>): void {
  assertEquals(actual.toHex(), Uint8Array.from(expected).toHex());
}
