import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "../fast_check.ts";
import { contentNameFault, peerNameFault } from "../../protocol/name.ts";
import {
  isPlainContentName,
  isPlainPeerName,
} from "../../protocol/plain_name.ts";

const plain = (text: string) => {
  const bytes = new TextEncoder().encode(`<${text}>`);
  return isPlainContentName(bytes, 1, bytes.length - 1);
};

Deno.test("isPlainContentName() knows the names that most files have", () => {
  for (
    const name of [
      "a",
      "notes.txt",
      "folder/sub folder/IMG_0001.JPG",
      "cargo.toml",
      "news/article (1).pdf",
      "x".repeat(200),
    ]
  ) assert(plain(name), name);
});

Deno.test("isPlainContentName() leaves all else to the full check", () => {
  for (
    const name of [
      "",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "a/..",
      "../a",
      "c:a",
      "a\\b",
      "con",
      "CON.txt",
      "a/Nul",
      "lpt1",
      "conin$",
      "a/ ",
      "a\x00b",
      "a\x7f",
      "é",
      "x".repeat(201),
    ]
  ) assertFalse(plain(name), name);
});

Deno.test("what isPlainContentName() takes has no fault", () => {
  const symbol = fc.constantFrom(
    ..."aZ0/.\\: -_$1",
    "con",
    "AUX",
    "com1",
    "lpt",
    "é",
    "\u0001",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 30 }),
    fc.array(symbol, { maxLength: 12 }).map((symbols) => symbols.join("")),
  );
  fc.assert(
    fc.property(text, (name) => {
      if (plain(name)) assertEquals(contentNameFault(name), undefined);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("what isPlainPeerName() takes has no fault", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 16 }), (name) => {
      const bytes = new TextEncoder().encode(name);
      if (isPlainPeerName(bytes, 0, bytes.length)) {
        assertEquals(peerNameFault(name), undefined);
      }
    }),
  );
});
