import { assertEquals, assertThrows } from "@std/assert";
import type { Field } from "../../protocol/layout.ts";
import { PDU_BYTES, ProtocolError } from "../../protocol/pdu.ts";
import {
  decodeUtf8,
  encodeUtf8,
  PduBuffer,
} from "../../protocol/pdu_buffer.ts";

const ONE: Field = { offset: 3, bytes: 1 };
const TWO: Field = { offset: 4, bytes: 2 };
const FOUR: Field = { offset: 6, bytes: 4 };
const EIGHT: Field = { offset: 10, bytes: 8 };
const TEXT: Field = { offset: 18, bytes: 6 };

function buffer(): PduBuffer {
  return new PduBuffer(new Uint8Array(2 * PDU_BYTES));
}

Deno.test("PduBuffer writes big-endian integers at their offsets", () => {
  const pdus = buffer();
  pdus.begin(PDU_BYTES, 0x48);
  pdus.setU8(PDU_BYTES, ONE, 0x01);
  pdus.setU16(PDU_BYTES, TWO, 0x0203);
  pdus.setU32(PDU_BYTES, FOUR, 0x8405_0607);
  pdus.setU64(PDU_BYTES, EIGHT, 0x8809_0a0b_0c0d_0e0fn);
  assertEquals(
    pdus.bytes.subarray(PDU_BYTES, PDU_BYTES + 19).toHex(),
    "48" + "000000" + "01" + "0203" + "84050607" + "88090a0b0c0d0e0f",
  );
  assertEquals(pdus.u8(PDU_BYTES, ONE), 0x01);
  assertEquals(pdus.u16(PDU_BYTES, TWO), 0x0203);
  assertEquals(pdus.u32(PDU_BYTES, FOUR), 0x8405_0607);
  assertEquals(pdus.u64(PDU_BYTES, EIGHT), 0x8809_0a0b_0c0d_0e0fn);
});

Deno.test("PduBuffer.begin() clears one PDU and no other", () => {
  const pdus = new PduBuffer(new Uint8Array(3 * PDU_BYTES).fill(0xaa));
  pdus.begin(PDU_BYTES, 0x53);
  const expected = new Uint8Array(3 * PDU_BYTES).fill(0xaa);
  expected.fill(0, PDU_BYTES, 2 * PDU_BYTES)[PDU_BYTES] = 0x53;
  assertEquals(pdus.bytes, expected);
});

Deno.test("PduBuffer works within a larger buffer", () => {
  const whole = new Uint8Array(3 * PDU_BYTES);
  const pdus = new PduBuffer(whole.subarray(PDU_BYTES, 2 * PDU_BYTES));
  pdus.setU16(0, TWO, 0x0203);
  pdus.setText(0, TEXT, "abc");
  assertEquals(whole[PDU_BYTES + 1 + TWO.offset], 0x02);
  assertEquals(pdus.text(0, TEXT), "abc");
});

Deno.test("PduBuffer.setCount() writes every whole number below 2^53", () => {
  const pdus = buffer();
  for (
    const value of [
      0,
      1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 32 + 1,
      2 ** 44,
      Number.MAX_SAFE_INTEGER,
    ]
  ) {
    pdus.setCount(0, EIGHT, value);
    assertEquals(pdus.count(0, EIGHT), value);
    assertEquals(pdus.u64(0, EIGHT), BigInt(value));
  }
});

Deno.test("PduBuffer.count() rounds what no number holds", () => {
  const pdus = buffer();
  pdus.setU64(0, EIGHT, 2n ** 64n - 1n);
  assertEquals(pdus.count(0, EIGHT), 2 ** 64);
});

Deno.test("PduBuffer refuses a value that does not fit, and never cuts it", () => {
  const pdus = buffer();
  for (const value of [-1, 256, 1.5, NaN, Infinity]) {
    assertThrows(() => pdus.setU8(0, ONE, value), RangeError, `${value}`);
  }
  for (const value of [-1, 65_536, 0.1, NaN]) {
    assertThrows(() => pdus.setU16(0, TWO, value), RangeError, "2 bytes");
  }
  for (const value of [-1, 2 ** 32, 0.1, NaN]) {
    assertThrows(() => pdus.setU32(0, FOUR, value), RangeError, "4 bytes");
  }
  for (const value of [-1, 2 ** 53, 0.5, NaN, Infinity]) {
    assertThrows(() => pdus.setCount(0, EIGHT, value), RangeError, "8 bytes");
  }
  assertThrows(
    () => pdus.setBytes(0, TEXT, new Uint8Array(7)),
    RangeError,
    "7 bytes do not fit in 6",
  );
  for (const text of ["1234567", "éééé", "水水水"]) {
    assertThrows(() => pdus.setText(0, TEXT, text), RangeError, "do not fit");
  }
});

Deno.test("PduBuffer.setText() refuses what no reader takes", () => {
  for (const text of ["a\0b", "a\n", "é\x1b", "\u202e"]) {
    assertThrows(() => buffer().setText(0, TEXT, text), RangeError, "control");
  }
});

Deno.test("PduBuffer.text() reads up to the padding or the full width", () => {
  const pdus = buffer();
  for (const text of ["", "a", "abcdef", "éé", "ééé", "水水", "\ufeffabc"]) {
    pdus.begin(0, 0x48);
    pdus.setText(0, TEXT, text);
    assertEquals(pdus.text(0, TEXT), text);
    assertEquals(pdus.caption(0, TEXT), text);
    assertEquals(pdus.textBytes(0, TEXT), encodeUtf8(text));
  }
});

Deno.test("PduBuffer.text() refuses bytes after the end, and what is no UTF-8", () => {
  for (const [hex, why] of [["610062", "after its end"], ["ff", "no UTF-8"]]) {
    const pdus = buffer();
    pdus.setBytes(0, TEXT, Uint8Array.fromHex(hex!));
    assertThrows(() => pdus.text(0, TEXT), ProtocolError, why);
    assertEquals(pdus.caption(0, TEXT), "");
  }
});

Deno.test("PduBuffer.caption() leaves out what a terminal would obey", () => {
  const pdus = buffer();
  pdus.setBytes(0, TEXT, encodeUtf8("\x1b[2J"));
  assertEquals(pdus.text(0, TEXT), "\x1b[2J");
  assertEquals(pdus.caption(0, TEXT), "");
});

Deno.test("PduBuffer.copy() and address() outlive the buffer's next use", () => {
  const pdus = buffer();
  pdus.setBytes(0, TEXT, encodeUtf8("abcdef"));
  const copy = pdus.copy(0, TEXT);
  const address = pdus.address(0, { offset: 12, bytes: 16 });
  const before = address.toHex();
  pdus.bytes.fill(0xff);
  assertEquals(copy, encodeUtf8("abcdef"));
  assertEquals(address.toHex(), before);
});

Deno.test("decodeUtf8() is strict and keeps a byte order mark", () => {
  assertEquals(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
  for (const hex of ["80", "c0af", "eda080", "f4908080", "e6b0", "f8"]) {
    assertThrows(() => decodeUtf8(Uint8Array.fromHex(hex)), ProtocolError);
  }
});
