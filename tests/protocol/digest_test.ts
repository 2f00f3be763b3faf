import { assertEquals, assertThrows } from "@std/assert";
import {
  Digester,
  digestOf,
  digestsEqual,
  hashPiece,
  parseDigest,
  rootOfParts,
  rootOfPieces,
} from "../../protocol/digest.ts";
import { pieceCount } from "../../protocol/piece.ts";
import { PieceHashes } from "../../protocol/piece_hashes.ts";
import { plainPieceHashes, plainRoot, testContent } from "./plain_digest.ts";

const PIECE = 262_144;

/*
 * Made with Python's hashlib by a script of its own. Up to one leaf the digest
 * is the plain SHA-256, so that other tools tell it too:
 *   python3 -c 'import sys; sys.stdout.buffer.write(
 *     bytes(i % 253 for i in range(16383)))' | openssl dgst -sha256
 */
const VECTORS: { size: number; digest: string; pieces: string[] }[] = [
  {
    size: 0,
    digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    pieces: [],
  },
  {
    size: 1,
    digest: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    pieces: [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    ],
  },
  {
    size: 16_383,
    digest: "54697a7cd4db5c38a761d4f5c0a97f7e238b797c0fdbafc6853c5123f299ea56",
    pieces: [
      "54697a7cd4db5c38a761d4f5c0a97f7e238b797c0fdbafc6853c5123f299ea56",
    ],
  },
  {
    size: 16_384,
    digest: "f36654d959c8d08f418b8126af8417db75e72a21546b7deb54ae1aca737870be",
    pieces: [
      "f36654d959c8d08f418b8126af8417db75e72a21546b7deb54ae1aca737870be",
    ],
  },
  {
    size: 16_385,
    digest: "7707c18a2117f5b72114b89a3f853279589e1f9310cb3c29eb5df2f40b357ded",
    pieces: [
      "7707c18a2117f5b72114b89a3f853279589e1f9310cb3c29eb5df2f40b357ded",
    ],
  },
  {
    size: PIECE,
    digest: "fccc752f76f8df73ebecf42ff0419b7a42c4328c9a9b7cb2d4837fe3e111d98b",
    pieces: [
      "fccc752f76f8df73ebecf42ff0419b7a42c4328c9a9b7cb2d4837fe3e111d98b",
    ],
  },
  {
    size: PIECE + 1,
    digest: "fb015ef865edc62ad408a57fc867dd6591583e68a0358575ad94eea5a7fecc00",
    pieces: [
      "fccc752f76f8df73ebecf42ff0419b7a42c4328c9a9b7cb2d4837fe3e111d98b",
      "ed0d8e99730e13bfbb4fe3e6f60575a8a1b66de9234bd2923a29e776f6c8ee3d",
    ],
  },
  {
    size: 3 * PIECE,
    digest: "5908c9058de867fbb1d2ea44addcb4c44f225ff4fb0fe4f86b9b0ccd7b23e336",
    pieces: [
      "fccc752f76f8df73ebecf42ff0419b7a42c4328c9a9b7cb2d4837fe3e111d98b",
      "c2b26fc8341a939b44c484445783189ce2d2100408a7de02c4c87eddbcb1e4ad",
      "e1c00f2fad1fb4c5112fdeb7bcc869a1679269ea348e09f63739747552c96fa9",
    ],
  },
];

for (const { size, digest, pieces } of VECTORS) {
  Deno.test(`digest, pieces and root of ${size} bytes`, () => {
    const content = testContent(size);
    assertEquals(plainRoot(content).toHex(), digest);
    assertEquals(plainPieceHashes(content, 18).toHex(), pieces.join(""));
    assertEquals(digestOf(content).toHex(), digest);
    pieces.forEach((hash, i) => {
      const piece = content.subarray(i * PIECE, (i + 1) * PIECE);
      const alone = pieces.length === 1;
      assertEquals(hashPiece(piece, { exponent: 18, alone }).toHex(), hash);
    });
    const hashes = Uint8Array.fromHex(pieces.join(""));
    assertEquals(rootOfPieces(hashes, 18).toHex(), digest);
    const collected = collect(content, 18);
    assertEquals(collected.digest.toHex(), digest);
    assertEquals(collected.pieceHashes.toHex(), pieces.join(""));
  });
}

Deno.test("digestOf() is SHA-256 up to 16 KiB: the one-block message of FIPS 180", () => {
  assertEquals(
    digestOf(new TextEncoder().encode("abc")).toHex(),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("Digester gives the same digest however the content is cut", () => {
  for (const size of [0, 1, 16_383, 16_384, 16_385, 100_000]) {
    const content = testContent(size);
    const expected = plainRoot(content).toHex();
    for (const chunk of [997, 16_383, 16_384, 16_385, 40_000, size + 1]) {
      const digester = new Digester();
      for (let at = 0; at < size; at += chunk) {
        digester.update(content.subarray(at, at + chunk));
        digester.update(new Uint8Array(0));
      }
      assertEquals(digester.digest().toHex(), expected, `${size} by ${chunk}`);
    }
  }
});

Deno.test("Digester.update() refuses bytes after the digest", () => {
  const digester = new Digester().update(testContent(5));
  assertEquals(digester.digest(), digester.digest());
  assertThrows(() => digester.update(testContent(1)), TypeError);
});

Deno.test("pieces and digest agree with BEP 52 step by step", () => {
  const sizes = [PIECE - 1, 5 * PIECE + 1, 2 ** 20, 2 ** 20 + 1, 5 * 2 ** 19];
  for (const size of sizes) {
    const content = testContent(size);
    const digest = plainRoot(content).toHex();
    for (const exponent of [18, 19, 20, 21, 22, 24]) {
      const hashes = plainPieceHashes(content, exponent);
      const collected = collect(content, exponent);
      assertEquals(collected.pieceHashes.toHex(), hashes.toHex());
      assertEquals(collected.digest.toHex(), digest);
      assertEquals(rootOfPieces(hashes, exponent).toHex(), digest);
    }
  }
});

Deno.test("rootOfParts() puts a piece together from smaller parts", () => {
  const piece = testContent(PIECE - 70_000);
  const parts = 2 ** 16;
  const hashes: string[] = [];
  for (let at = 0; at < piece.length; at += parts) {
    hashes.push(plainRoot(piece.subarray(at, at + parts), 4).toHex());
  }
  const bytes = Uint8Array.fromHex(hashes.join(""));
  assertEquals(
    rootOfParts(bytes, { exponent: 16, wholeExponent: 18 }).toHex(),
    hashPiece(piece, { exponent: 18, alone: false }).toHex(),
  );
  assertEquals(
    rootOfParts(bytes, { exponent: 16, wholeExponent: 20 }).toHex(),
    plainRoot(piece, 64).toHex(),
  );
  assertEquals(
    rootOfParts(bytes, { exponent: 16 }).toHex(),
    hashPiece(piece, { exponent: 18, alone: true }).toHex(),
  );
});

Deno.test("hashPiece(), rootOfPieces() and rootOfParts() refuse what is no piece", () => {
  const alone = false;
  for (const exponent of [17, 25, 18.5, NaN]) {
    assertThrows(
      () => hashPiece(testContent(1), { exponent, alone }),
      RangeError,
    );
    assertThrows(() => rootOfPieces(new Uint8Array(32), exponent), RangeError);
    assertThrows(() => rootOfPieces(new Uint8Array(0), exponent), RangeError);
  }
  assertThrows(
    () => hashPiece(testContent(PIECE + 1), { exponent: 18, alone }),
    RangeError,
    "expected at most 262144 bytes, received 262145",
  );
  for (const bytes of [1, 31, 33]) {
    assertThrows(() => rootOfPieces(new Uint8Array(bytes), 18), RangeError);
  }
  const tooMany = new Uint8Array(32 * (2 ** 20 + 1));
  assertThrows(() => rootOfPieces(tooMany, 24), RangeError, "at most 1048576");
  assertThrows(
    () => rootOfParts(new Uint8Array(0), { exponent: 18 }),
    RangeError,
  );
  assertThrows(
    () => rootOfParts(new Uint8Array(96), { exponent: 18, wholeExponent: 19 }),
    RangeError,
    "expected 1 to 2 hashes, received 3",
  );
});

Deno.test("PieceHashes refuses too many hashes, and no digest without all", () => {
  const pieces = new PieceHashes(3 * PIECE);
  assertEquals(pieces.partExponent, 18);
  pieces.add(new Uint8Array(64));
  assertThrows(() => pieces.finish(), TypeError, "2 of 3 parts");
  assertThrows(() => pieces.add(new Uint8Array(64)), RangeError);
  assertThrows(() => pieces.add(new Uint8Array(31)), RangeError);
  pieces.add(new Uint8Array(32));
  assertEquals(pieces.finish().pieceHashes.length, 96);
});

Deno.test("parseDigest() reads what toHex() writes, in either case", () => {
  const digest = digestOf(testContent(9));
  assertEquals(digestsEqual(parseDigest(digest.toHex()), digest), true);
  assertEquals(
    digestsEqual(parseDigest(digest.toHex().toUpperCase()), digest),
    true,
  );
  const text = digest.toHex();
  const wrongs = [
    "",
    text.slice(1),
    `${text}0`,
    ` ${text}`,
    `${text}\n`,
    `g${text.slice(1)}`,
    `0x${text.slice(2)}`,
  ];
  for (const wrong of wrongs) {
    assertThrows(() => parseDigest(wrong), RangeError, "64 hexadecimal digits");
  }
});

Deno.test("digestsEqual() sees every difference", () => {
  const digest = digestOf(testContent(9));
  assertEquals(digestsEqual(digest, digest.slice()), true);
  assertEquals(digestsEqual(digest, digest.subarray(1)), false);
  for (let i = 0; i < 32; i++) {
    const other = digest.slice();
    other[i]! ^= 1;
    assertEquals(digestsEqual(digest, other), false);
  }
});

/** Hashes a content part by part, as a file is hashed. */
function collect(content: Uint8Array, exponent: number) {
  const pieces = new PieceHashes(content.length, { exponent });
  const partBytes = 2 ** pieces.partExponent;
  for (let i = 0; i < pieceCount(content.length, pieces.partExponent); i++) {
    const part = content.subarray(i * partBytes, (i + 1) * partBytes);
    pieces.add(
      hashPiece(part, { exponent: pieces.partExponent, alone: pieces.alone }),
    );
  }
  return pieces.finish();
}
