import { assertEquals } from "@std/assert";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatTable,
  shorten,
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
    [0, "0 ms"],
    [94, "94 ms"],
    [96, "0.1 s"],
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

Deno.test("shorten() keeps both ends of a text, within its columns", () => {
  assertEquals(shorten("abc", 3), "abc");
  assertEquals(shorten("abcdefghij", 7), "abc\u2026hij");
  assertEquals(shorten("abcdefghij", 1), "a");
  assertEquals(shorten("abcdefghij", 0), "");
  // Wide characters count twice and are not cut.
  assertEquals(shorten("\u65e5\u672c\u8a9e\u540d", 6), "\u65e5\u2026\u540d");
});

Deno.test("formatAge() says how long ago something was", () => {
  const minute = 60_000;
  const day = 24 * 60 * minute;
  assertEquals(
    [0, 5 * minute, 60 * minute, day - 1, 3 * day, 90 * day, 900 * day]
      .map(formatAge),
    [
      "just now",
      "5 min ago",
      "1 hour ago",
      "23 hours ago",
      "3 days ago",
      "2 months ago",
      "2 years ago",
    ],
  );
  assertEquals(formatAge(-5_000), "just now");
  assertEquals(formatAge(-minute - 1), "in the future");
});
