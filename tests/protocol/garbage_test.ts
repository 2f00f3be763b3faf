import { assertEquals, assertInstanceOf } from "@std/assert";
import { isDatagramLength, messagesOf } from "../../protocol/datagram.ts";
import type { Span } from "../../protocol/message.ts";
import {
  DATAGRAM_BYTES,
  isContinuation,
  PDU_BYTES,
  ProtocolError,
} from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { decode, type Reader } from "./codec.ts";

const READERS: readonly Reader[] = ["request", "reply", "download", "grant"];

const FILLS: readonly [string, (bytes: Uint8Array, seed: number) => void][] = [
  ["zeros", (bytes) => bytes.fill(0)],
  ["ones", (bytes) => bytes.fill(0xff)],
  ["a letter", (bytes) => bytes.fill(0x61)],
  ["the types themselves", fillTypes],
  ["random bytes", fillRandom],
  ["random text", (bytes, seed) => {
    fillRandom(bytes, seed);
    bytes.forEach((byte, i) => bytes[i] = byte & 0x7f);
  }],
];

for (const [title, fill] of FILLS) {
  Deno.test(`every type byte at every length 0 to 2,048, filled with ${title}`, () => {
    const bytes = new Uint8Array(2_048);
    for (let type = 0; type < 256; type++) {
      fill(bytes, type);
      for (let length = 0; length <= bytes.length; length++) {
        if (!isDatagramLength(length)) continue;
        for (let at = 0; at < length; at += PDU_BYTES) bytes[at] = type;
        readAll(bytes, length);
        if (!isContinuation(type)) continue;
        for (const opener of "HRTSOAED") {
          bytes[0] = opener.charCodeAt(0);
          readAll(bytes, length);
        }
      }
    }
  });
}

Deno.test("isDatagramLength() takes 1 to 12 whole PDUs and nothing else", () => {
  const taken = [];
  for (let length = 0; length <= 70_000; length++) {
    if (isDatagramLength(length)) taken.push(length);
  }
  assertEquals(taken.length, 12);
  assertEquals(taken[0], PDU_BYTES);
  assertEquals(taken.at(-1), DATAGRAM_BYTES);
  assertEquals(taken.every((length) => length % PDU_BYTES === 0), true);
});

Deno.test("what a datagram held once is never read", () => {
  const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES).fill(0x6e));
  pdus.bytes[0] = 0x53;
  for (const span of messagesOf(pdus, PDU_BYTES)) {
    assertEquals(span, { start: 0, end: PDU_BYTES });
  }
});

// Whatever once broke a reader, as the hexadecimal text of the datagram.
const CRASHERS: readonly string[] = [];

Deno.test("what broke a reader once does so no more", () => {
  for (const hex of CRASHERS) {
    const bytes = Uint8Array.fromHex(hex);
    readAll(bytes, bytes.length);
  }
});

function readAll(bytes: Uint8Array, length: number): void {
  let last = 0;
  for (const span of messagesOf(new PduBuffer(bytes), length)) {
    checkSpan(span, last, length);
    last = span.end;
    for (const reader of READERS) readOne(reader, bytes, span);
  }
}

function checkSpan({ start, end }: Span, last: number, length: number): void {
  const inOrder = start >= last && end > start && end <= length &&
    start % PDU_BYTES === 0 && end % PDU_BYTES === 0;
  if (!inOrder) throw new Error(`a span from ${start} to ${end} after ${last}`);
}

function readOne(reader: Reader, bytes: Uint8Array, span: Span): void {
  try {
    decode(reader, bytes, span);
  } catch (error) {
    assertInstanceOf(error, ProtocolError);
  }
}

function fillTypes(bytes: Uint8Array): void {
  const types = "mnkHRTSOAEDCx";
  bytes.forEach((_, i) => bytes[i] = types.charCodeAt(i % types.length));
}

function fillRandom(bytes: Uint8Array, seed: number): void {
  let state = seed + 1;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
}
