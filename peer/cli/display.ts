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

/** Writes a span of time: `0.4 s`, `59 s`, `2:05`, `1:02:05`. */
export function formatDuration(ms: number): string {
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
