import { assertEquals } from "@std/assert";
import { digestOf, hashPiece, rootOfPieces } from "../../protocol/digest.ts";
import { pieceCount } from "../../protocol/piece.ts";
import { VECTORS } from "./vector.ts";

for (const { size, exponent, digest, pieces } of VECTORS.contents) {
  Deno.test(`digest of the vector of ${size} bytes`, () => {
    const content = Uint8Array.from({ length: size }, (_, i) => i % 251);
    assertEquals(digestOf(content).toHex(), digest);
    assertEquals(pieces.length, pieceCount(size, exponent));
    pieces.forEach((hash, i) => {
      const piece = content.subarray(i << exponent, (i + 1) << exponent);
      const alone = pieces.length === 1;
      assertEquals(hashPiece(piece, { exponent, alone }).toHex(), hash);
    });
    const hashes = Uint8Array.fromHex(pieces.join(""));
    assertEquals(rootOfPieces(hashes, exponent).toHex(), digest);
  });
}
