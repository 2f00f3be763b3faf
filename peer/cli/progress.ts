/**
 * How far a download is: a line that is redrawn, or an event a second.
 *
 * @module
 */

import { unicodeWidth } from "@std/cli/unicode-width";
import { formatBytes, formatDuration, formatRate, shorten } from "./display.ts";
import type { Output } from "./output.ts";

/** How far a download is. */
export interface ProgressState {
  /** Bytes that are verified and on disk. */
  readonly bytes: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Sources that deliver at the moment. */
  readonly sources: number;
}

/** Between two drawn lines, in milliseconds. */
const DRAW_MS = 100;

/** Between two events, in milliseconds. */
const EVENT_MS = 1_000;

/** What a rate is measured over, in milliseconds. */
const RATE_MS = 3_000;

/** Columns that a name keeps where there is little room. */
const NAME_COLUMNS = 14;

/** What a {@linkcode Progress} can be told. */
export interface ProgressOptions {
  /** Milliseconds of a clock that never goes back; the machine's by default. */
  readonly now?: () => number;
  /** Which of several downloads it is, from 1. */
  readonly nth?: number;
  /** How many downloads there are. */
  readonly of?: number;
  /** How its event is called: `progress` if left out. */
  readonly event?: string;
}

/** Tells how far one download is. */
export class Progress {
  readonly #output: Output;
  readonly #name: string;
  readonly #now: () => number;
  readonly #nth: number;
  readonly #of: number;
  readonly #event: string;
  readonly #samples: { at: number; bytes: number }[] = [];
  #toldAt: number;

  /**
   * @param name What is downloaded.
   * @param output Where to tell it.
   */
  constructor(
    name: string,
    output: Output,
    {
      now = () => performance.now(),
      nth = 1,
      of = 1,
      event = "progress",
    }: ProgressOptions = {},
  ) {
    this.#output = output;
    this.#name = name;
    this.#now = now;
    this.#nth = nth;
    this.#of = of;
    this.#event = event;
    this.#toldAt = now();
  }

  /** So much was there already: it did not come just now. */
  kept(bytes: number): void {
    for (const sample of this.#samples) sample.bytes += bytes;
  }

  /**
   * Tells it, unless it was told a moment ago.
   *
   * @param options Which of several it is by now, and what else to draw.
   */
  update(
    { bytes, size, sources }: ProgressState,
    { nth = this.#nth, more = [] }: {
      nth?: number;
      more?: readonly string[];
    } = {},
  ): void {
    const at = this.#now();
    if (this.#samples.length === 0) this.#samples.push({ at, bytes });
    if (at - this.#toldAt < (this.#output.json ? EVENT_MS : DRAW_MS)) return;
    this.#toldAt = at;
    const rate = this.#rate(at, bytes);
    const secondsLeft = rate > 0 ? (size - bytes) / rate : null;
    this.#output.event({
      event: this.#event,
      name: this.#name,
      bytes,
      size,
      rate: Math.round(rate),
      secondsLeft: secondsLeft === null ? null : Math.round(secondsLeft),
      sources,
      ...(this.#of > 1 && { nth, of: this.#of }),
    });
    const percent = size === 0 ? 100 : Math.floor(bytes / size * 100);
    const left = secondsLeft === null
      ? "waiting"
      : `${formatDuration(Math.max(100, secondsLeft * 1_000))} left`;
    this.#draw([
      `${percent}% of ${formatBytes(size)}`,
      formatRate(rate),
      left,
      `from ${sources}`,
      ...more,
    ], nth);
  }

  /** Draws as much as a line has room for, the most telling first. */
  #draw(facts: readonly string[], nth: number): void {
    const start = this.#of > 1 ? `${nth}/${this.#of} ` : "";
    const width = unicodeWidth(this.#name);
    const room = this.#output.columns - start.length;
    const kept = [...facts];
    const taken = () => kept.reduce((sum, fact) => sum + fact.length + 2, 0);
    while (
      kept.length > 1 && taken() + Math.min(width, NAME_COLUMNS) > room
    ) kept.pop();
    const name = shorten(this.#name, Math.max(0, room - taken()));
    this.#output.draw(`${start}${[name, ...kept].join("  ")}`);
  }

  #rate(at: number, bytes: number): number {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > RATE_MS) {
      this.#samples.shift();
    }
    const first = this.#samples[0]!;
    return at === first.at ? 0 : (bytes - first.bytes) / (at - first.at) * 1e3;
  }
}
