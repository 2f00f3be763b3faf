import { assertEquals, assertThrows } from "@std/assert";
import {
  MAX_CONTENT_BYTES,
  MAX_PIECES,
  pieceBytes,
  pieceCount,
  pieceExponent,
  pieceLength,
} from "../../protocol/piece.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;
const GIB = 1_024 * MIB;

Deno.test("pieceExponent() keeps to 4,096 pieces until a piece is 16 MiB", () => {
  const cases: [size: number, exponent: number][] = [
    [0, 18],
    [1, 18],
    [256 * KIB + 1, 18],
    [GIB, 18],
    [GIB + 1, 19],
    [2 * GIB, 19],
    [2 * GIB + 1, 20],
    [4 * GIB + 1, 21],
    [8 * GIB + 1, 22],
    [16 * GIB + 1, 23],
    [32 * GIB, 23],
    [32 * GIB + 1, 24],
    [64 * GIB, 24],
    [64 * GIB + 1, 24],
    [MAX_CONTENT_BYTES, 24],
  ];
  for (const [size, exponent] of cases) {
    assertEquals(pieceExponent(size), exponent, `${size}`);
  }
});

Deno.test("pieceCount() counts the last piece, however short", () => {
  assertEquals(pieceCount(0, 18), 0);
  assertEquals(pieceCount(1, 18), 1);
  assertEquals(pieceCount(256 * KIB, 18), 1);
  assertEquals(pieceCount(256 * KIB + 1, 18), 2);
  assertEquals(pieceCount(16 * MIB, 24), 1);
  assertEquals(pieceCount(MAX_CONTENT_BYTES, 24), MAX_PIECES);
});

Deno.test("pieceLength() adds up to the size", () => {
  for (const size of [1, 256 * KIB, 256 * KIB + 1, MIB - 1, MIB + 77]) {
    let sum = 0;
    for (let piece = 0; piece < pieceCount(size, 18); piece++) {
      sum += pieceLength(piece, { size, exponent: 18 });
    }
    assertEquals(sum, size);
  }
  assertEquals(
    pieceLength(MAX_PIECES - 1, { size: MAX_CONTENT_BYTES, exponent: 24 }),
    16 * MIB,
  );
  assertEquals(
    pieceLength(MAX_PIECES - 1, { size: MAX_CONTENT_BYTES - 5, exponent: 24 }),
    16 * MIB - 5,
  );
});

Deno.test("pieces of what is no size, no exponent or no piece are a RangeError", () => {
  for (const size of [-1, 0.5, NaN, Infinity, MAX_CONTENT_BYTES + 1]) {
    assertThrows(() => pieceExponent(size), RangeError, `${size}`);
    assertThrows(() => pieceCount(size, 18), RangeError);
  }
  for (const exponent of [-1, 0, 17, 18.5, 25, 64, NaN]) {
    assertThrows(() => pieceBytes(exponent), RangeError, "2^18 to 2^24");
    assertThrows(() => pieceCount(1, exponent), RangeError);
  }
  for (const piece of [-1, 1, 0.5, NaN]) {
    assertThrows(
      () => pieceLength(piece, { size: 1, exponent: 18 }),
      RangeError,
      `Cannot find piece ${piece}`,
    );
  }
  assertThrows(() => pieceLength(0, { size: 0, exponent: 18 }), RangeError);
});
