import { assertEquals } from "@std/assert";
import {
  ERROR_CODES,
  type ErrorName,
  errorName,
  SEARCH_NOT_FOUND_TEXT,
} from "../../protocol/error_code.ts";
import { ERROR } from "../../protocol/layout.ts";
import { isPrintable } from "../../protocol/name.ts";

Deno.test("errorName() names every code of the table and no other", () => {
  const names = Object.keys(ERROR_CODES) as ErrorName[];
  const codes = names.map((name) => ERROR_CODES[name].code);
  assertEquals(new Set(codes).size, codes.length);
  for (const name of names) {
    assertEquals(errorName(ERROR_CODES[name].code), name);
  }
  for (const code of [0, Math.max(...codes) + 1, 999, 65_535]) {
    assertEquals(errorName(code), undefined);
  }
});

Deno.test("every text of the table fits its field, and says something", () => {
  const texts = Object.values(ERROR_CODES).map((row): string => row.text);
  for (const text of [...texts, SEARCH_NOT_FOUND_TEXT]) {
    assertEquals(
      text.length > 0 && text.length <= ERROR.text.bytes,
      true,
      text,
    );
    assertEquals(isPrintable(text), true, text);
  }
  for (const { remedy } of Object.values(ERROR_CODES)) {
    assertEquals(remedy.length > 0 && !remedy.endsWith("."), true, remedy);
  }
});
