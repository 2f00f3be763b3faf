import { assert, assertEquals } from "@std/assert";
import { BlockMap } from "../../peer/block_map.ts";
import { PieceChecker, provesDigest } from "../../peer/piece_checker.ts";
import { hashPiece } from "../../protocol/digest.ts";
import { bytesOf, contentOf } from "./transfer_fixture.ts";

const MIB = 2 ** 20;
const EXPONENT = 22;
const CONTENT = contentOf(bytesOf(9 * MIB + 77), { exponent: EXPONENT });
const MAP = new BlockMap(CONTENT.metadata);

function hashOf(block: number, bytes = CONTENT.bytes): Uint8Array {
  return hashPiece(bytes.subarray(block * MIB, (block + 1) * MIB), {
    exponent: 20,
    alone: false,
  });
}

function checkerOf(content = CONTENT) {
  return new PieceChecker<string>(new BlockMap(content.metadata), {
    hashes: content.pieceHashes,
    exponent: content.metadata.exponent,
  });
}

Deno.test("provesDigest() takes the hashes of the content alone", () => {
  for (const size of [1, 2 ** 18, 2 ** 18 + 1, 5 * 2 ** 18]) {
    const { metadata, pieceHashes } = contentOf(bytesOf(size));
    const map = new BlockMap(metadata);
    const options = { ...metadata, map };
    assert(provesDigest(pieceHashes, options));
    for (let at = 0; at < pieceHashes.length; at += 13) {
      const wrong = pieceHashes.slice();
      wrong[at]! ^= 1;
      assert(!provesDigest(wrong, options));
    }
    assert(!provesDigest(pieceHashes.subarray(32), options));
    assert(
      !provesDigest(new Uint8Array([...pieceHashes, ...pieceHashes]), options),
    );
  }
});

Deno.test("PieceChecker puts blocks together in any order", () => {
  const checker = checkerOf();
  for (const block of [3, 0, 2]) {
    const verdict = checker.add(block, { hash: hashOf(block), source: "a" });
    assertEquals(verdict.type, "open");
  }
  assertEquals(checker.add(1, { hash: hashOf(1), source: "b" }), {
    type: "right",
    from: new Map([["a", 3 * MIB], ["b", MIB]]),
    liars: new Set<string>(),
  });
  assertEquals(
    checker.add(8, { hash: hashOf(8), source: "a" }).type,
    "open",
  );
  // The last block, which is shorter.
  const last = checker.add(9, { hash: hashOf(9), source: "a" });
  assertEquals(last.type, "right");
});

Deno.test("PieceChecker knows a last piece of a single block", () => {
  const content = contentOf(bytesOf(8 * MIB + 77), { exponent: EXPONENT });
  const checker = checkerOf(content);
  const hash = hashOf(8, content.bytes);
  assertEquals(checker.add(8, { hash, source: "a" }).type, "right");
});

Deno.test("PieceChecker puts a single piece of several blocks together", () => {
  const content = contentOf(bytesOf(3 * MIB + 1), { exponent: 24 });
  const checker = checkerOf(content);
  for (let block = 0; block < 4; block++) {
    const hash = hashOf(block, content.bytes);
    const { type } = checker.add(block, { hash, source: "a" });
    assertEquals(type, block < 3 ? "open" : "right");
  }
});

Deno.test("PieceChecker blames a source that gave a whole piece", () => {
  const checker = checkerOf();
  for (const block of [0, 1, 2]) {
    checker.add(block, { hash: hashOf(block), source: "a" });
  }
  assertEquals(checker.add(3, { hash: new Uint8Array(32), source: "a" }), {
    type: "wrong",
    liars: new Set(["a"]),
  });
  assertEquals(checker.isChoosy, false);
});

Deno.test("PieceChecker finds out who lied where several gave a piece", () => {
  const checker = checkerOf();
  const hash = (block: number) => ({ hash: hashOf(block) });
  checker.add(4, { ...hash(4), source: "a" });
  checker.add(5, { ...hash(5), source: "b" });
  checker.add(6, { hash: new Uint8Array(32), source: "b" });
  assertEquals(checker.add(7, { ...hash(7), source: "c" }), {
    type: "wrong",
    liars: new Set<string>(),
  });
  // From now on one alone is asked for that piece.
  assertEquals(checker.isChoosy, true);
  assertEquals(checker.mayAsk(1, "a"), true);
  checker.ask(1, "c");
  assertEquals(checker.mayAsk(1, "a"), false);
  assertEquals(checker.mayAsk(1, "c"), true);
  assertEquals(checker.mayAsk(0, "a"), true);
  // That one goes, and what it gave goes with it.
  checker.add(4, { ...hash(4), source: "c" });
  assertEquals(checker.leave("c"), [1]);
  assertEquals(checker.mayAsk(1, "a"), true);
  checker.ask(1, "a");
  for (const block of [4, 5, 6]) {
    checker.add(block, { ...hash(block), source: "a" });
  }
  assertEquals(checker.add(7, { ...hash(7), source: "a" }), {
    type: "right",
    from: new Map([["a", 4 * MIB]]),
    liars: new Set(["b"]),
  });
  assertEquals(checker.isChoosy, false);
  assertEquals(MAP.pieces, 3);
});
