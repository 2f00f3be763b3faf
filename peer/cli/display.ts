/**
 * Sizes, rates, times and tables, written for people.
 *
 * @module
 */

import { unicodeWidth } from "@std/cli/unicode-width";

const UNITS = ["KiB", "MiB", "GiB", "TiB"] as const;

/** Writes a number of bytes: `17 B`, `4.0 KiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = "";
  for (const next of UNITS) {
    value /= 1024;
    unit = next;
    if (value < 1023.95) break;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Writes a rate: `12 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Writes a span of time: `12 ms`, `0.4 s`, `59 s`, `2:05`, `1:02:05`. */
export function formatDuration(ms: number): string {
  if (ms < 95) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Writes a count with its noun: `1 file`, `2 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** How a column of a table is set. */
export type Alignment = "left" | "right";

/**
 * Sets rows as columns of equal width, two spaces apart, as wide as a terminal
 * shows them: a wide character counts twice. The last column is not padded.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string[] {
  const widths = alignments.map((_, column) =>
    rows.reduce(
      (widest, row) => Math.max(widest, unicodeWidth(row[column] ?? "")),
      0,
    )
  );
  return rows.map((row) =>
    alignments.map((alignment, column) => {
      const cell = row[column] ?? "";
      const padding = " ".repeat(widths[column]! - unicodeWidth(cell));
      if (alignment === "right") return padding + cell;
      return column === alignments.length - 1 ? cell : cell + padding;
    }).join("  ").trimEnd()
  );
}

/** Cuts a line so that it does not wrap: a wide character takes two columns. */
export function cutToWidth(line: string, columns: number): string {
  let shown = "";
  let width = 0;
  for (const char of line) {
    width += unicodeWidth(char);
    if (width > columns) break;
    shown += char;
  }
  return shown;
}

/** Shortens a text in its middle, where it differs least from others. */
export function shorten(text: string, columns: number): string {
  if (unicodeWidth(text) <= columns) return text;
  if (columns < 2) return cutToWidth(text, columns);
  const end = Math.floor((columns - 1) / 2);
  const tail = cutToWidth([...text].reverse().join(""), end);
  const start = cutToWidth(text, columns - 1 - unicodeWidth(tail));
  return `${start}\u2026${[...tail].reverse().join("")}`;
}

/** Writes how long ago something was: `just now`, `5 min ago`, `3 days ago`. */
export function formatAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return ms < -60_000 ? "in the future" : "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${formatCount(hours, "hour")} ago`;
  const days = Math.floor(hours / 24);
  if (days < 60) return `${formatCount(days, "day")} ago`;
  if (days < 730) return `${Math.floor(days / 30.44)} months ago`;
  return `${Math.floor(days / 365.25)} years ago`;
}
