import { assertEquals, assertThrows } from "@std/assert";
import { REQUEST } from "../../protocol/layout.ts";
import {
  findContinuation,
  messageEnd,
  namePdus,
  readName,
  writeName,
} from "../../protocol/message.ts";
import { PDU_BYTES, PDU_TYPE, ProtocolError } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";

/** PDUs of these types, all of one transaction, or of the one that is given. */
function pdusOf(types: string, transactions: number[] = []): PduBuffer {
  const pdus = new PduBuffer(new Uint8Array(types.length * PDU_BYTES));
  [...types].forEach((type, i) => {
    pdus.begin(i * PDU_BYTES, type.charCodeAt(0));
    pdus.setU32(i * PDU_BYTES, REQUEST.transaction, transactions[i] ?? 7);
  });
  return pdus;
}

Deno.test("messageEnd() ends before the next type that is no lower-case letter", () => {
  const cases = [
    ["S", 1],
    ["SS", 1],
    ["SmnkS", 4],
    ["Saz", 3],
    ["S`", 1],
    ["S{", 1],
    ["S\xff", 1],
    ["Sm\0", 2],
  ] as const;
  for (const [types, pdus] of cases) {
    const end = messageEnd(pdusOf(types), 0, types.length * PDU_BYTES);
    assertEquals(end, pdus * PDU_BYTES, types);
  }
  assertEquals(messageEnd(pdusOf("Smmm"), 0, 2 * PDU_BYTES), 2 * PDU_BYTES);
});

Deno.test("findContinuation() finds the next of a type and a transaction", () => {
  const pdus = pdusOf("Snmxnm", [7, 7, 8, 7, 7, 7]);
  const span = { start: 0, end: 6 * PDU_BYTES };
  const first = findContinuation(pdus, span, PDU_TYPE.NAME);
  assertEquals(first, PDU_BYTES);
  const from = first + PDU_BYTES;
  assertEquals(
    findContinuation(pdus, span, PDU_TYPE.NAME, from),
    4 * PDU_BYTES,
  );
  assertEquals(findContinuation(pdus, span, PDU_TYPE.METADATA), 5 * PDU_BYTES);
  assertEquals(findContinuation(pdus, span, PDU_TYPE.KEY), -1);
  assertEquals(findContinuation(pdus, span, PDU_TYPE.NAME, span.end), -1);
});

Deno.test("namePdus() counts what writeName() writes", () => {
  for (const letter of ["a", "é", "水", "😀"]) {
    const bytes = new TextEncoder().encode(letter).length;
    for (let count = 0; count * bytes <= 822; count++) {
      const name = letter.repeat(count);
      const pdus = new PduBuffer(new Uint8Array(9 * PDU_BYTES));
      const end = writeName(pdus, 0, REQUEST.name, name);
      assertEquals(end / PDU_BYTES - 1, namePdus(name, REQUEST.name));
      assertEquals(readName(pdus, { start: 0, end }, REQUEST.name), name);
    }
  }
});

Deno.test("writeName() refuses a name that is too long", () => {
  const pdus = new PduBuffer(new Uint8Array(12 * PDU_BYTES));
  for (const name of ["a".repeat(823), "水".repeat(275)]) {
    assertThrows(
      () => writeName(pdus, 0, REQUEST.name, name),
      RangeError,
      "at most 822",
    );
  }
});

Deno.test("readName() leaves out an n of another transaction", () => {
  const pdus = pdusOf("Sn", [7, 8]);
  pdus.setText(0, REQUEST.name, "a".repeat(54));
  const span = { start: 0, end: 2 * PDU_BYTES };
  assertEquals(readName(pdus, span, REQUEST.name), "a".repeat(54));
});

Deno.test("readName() takes an n with nothing in it only after a full field", () => {
  const pdus = pdusOf("Sn");
  const span = { start: 0, end: 2 * PDU_BYTES };
  pdus.setText(0, REQUEST.name, "a".repeat(54));
  assertEquals(readName(pdus, span, REQUEST.name), "a".repeat(54));
  pdus.begin(0, PDU_TYPE.SEARCH);
  pdus.setU32(0, REQUEST.transaction, 7);
  pdus.setText(0, REQUEST.name, "a".repeat(53));
  assertThrows(() => readName(pdus, span, REQUEST.name), ProtocolError);
});
