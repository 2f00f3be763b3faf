import { assertEquals } from "@std/assert";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatTable,
} from "../../../peer/cli/display.ts";

Deno.test("formatBytes() keeps three digits and the next unit's start", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [102_349, "100 KiB"],
    [1_048_575, "1.0 MiB"],
    [64 * 2 ** 20, "64.0 MiB"],
    [2 ** 44, "16.0 TiB"],
    [2 ** 50, "1024 TiB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatBytes(bytes), text);
});

Deno.test("formatDuration() rounds as a clock does", () => {
  const cases: [number, string][] = [
    [0, "0.0 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_400, "59 s"],
    [59_600, "1:00"],
    [3_599_600, "1:00:00"],
    [3_725_000, "1:02:05"],
  ];
  for (const [ms, text] of cases) assertEquals(formatDuration(ms), text);
});

Deno.test("formatCount() knows one from many", () => {
  assertEquals(formatCount(1, "file"), "1 file");
  assertEquals(formatCount(0, "source"), "0 sources");
});

Deno.test("formatTable() counts wide characters twice", () => {
  assertEquals(
    formatTable([["日本", "1", "x"], ["ab", "10", ""]], [
      "left",
      "right",
      "left",
    ]),
    ["日本   1  x", "ab    10"],
  );
});
