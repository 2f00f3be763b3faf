import { assertEquals } from "@std/assert";
import { Patterns } from "../../../index/patterns.ts";
import { filterTerm, namePattern } from "../../../peer/cli/name_pattern.ts";

const NAMES = [
  "",
  " ",
  "a",
  "A b",
  "a/b",
  "a /b c",
  "ab c.txt",
  "b a",
  "\u00c9 \u{1f600}",
  "a".repeat(400),
];

Deno.test("namePattern() means what an index means", () => {
  for (const pattern of ["*", "**", "***", "a*", "*b**c", "a**", "**.txt"]) {
    const isOf = namePattern(pattern);
    const index = new Patterns([pattern]);
    for (const name of NAMES) {
      assertEquals(isOf(name), index.match(name.toLowerCase()), name);
    }
  }
});

Deno.test("filterTerm() finds all that a pattern with spaces means", () => {
  for (
    const [pattern, ...names] of [
      ["a *", "A b"],
      ["a **", "A b", "a /b c"],
      ["* *", " ", "A b", "ab c.txt", "b a", "\u00c9 \u{1f600}"],
      ["e\u0301 *", "\u00c9 \u{1f600}"],
      [`${"a*".repeat(300)} `],
    ] as const
  ) {
    assertEquals(NAMES.filter(namePattern(pattern)), names);
    const term = filterTerm(pattern.normalize("NFC")).toLowerCase();
    const index = new Patterns([term]);
    for (const name of names) {
      assertEquals(index.match(name.toLowerCase()), true);
    }
  }
});
