import { eastAsianWidth } from "npm:get-east-asian-width@1.6.0";

// std's own function needs a table that its npm copy lacks.
const NO_WIDTH = /^[\p{Cc}\p{Mn}\p{Me}\p{Cf}]$/u;
const SOFT_HYPHEN = "\u00ad";

/** The number of terminal columns that `str` takes. */
export function unicodeWidth(str: string): number {
  let columns = 0;
  for (const char of str) {
    if (NO_WIDTH.test(char) && char !== SOFT_HYPHEN) continue;
    columns += eastAsianWidth(char.codePointAt(0) ?? 0);
  }
  return columns;
}
