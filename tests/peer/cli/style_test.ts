import { assertEquals } from "@std/assert";
import { painterFor } from "../../../peer/cli/style.ts";

Deno.test("painterFor() leaves a text alone where nobody watches", () => {
  const paint = painterFor({ isTerminal: () => false });
  assertEquals(paint("bad", "text"), "text");
});

Deno.test("painterFor() colours for a terminal, unless NO_COLOR is set", () => {
  const paint = painterFor({ isTerminal: () => true });
  const painted = Deno.noColor ? "text" : "\x1b[31mtext\x1b[0m";
  assertEquals(paint("bad", "text"), painted);
  assertEquals(paint("bad", ""), "");
});
