/**
 * Measures how long requests take at next to no cost: each of them while there
 * are few, one in 64 while there are many.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";
import type { Outcome } from "./store.ts";

/** One of how many is measured when it is busy, a power of two. */
const BUSY_STRIDE = 64;

/** What comes a second before it counts as busy. */
const BUSY_RATE = 2_000;

/** Histograms by what was measured. */
export type Durations<Name extends string> = Readonly<Record<Name, Histogram>>;

/** Measures durations by name. */
export class LatencyMeter<Name extends string> {
  readonly #durations: Durations<Name>;
  readonly #timer: () => number;
  #seen = 0;
  #seenBefore = 0;
  #adapted: number;
  #stride = 1;

  /**
   * @param names What is measured.
   * @param timer Milliseconds since any moment, as finely as there are.
   */
  constructor(names: readonly Name[], timer: () => number) {
    const empty = names.map((name) => [name, new Histogram()]);
    this.#durations = Object.fromEntries(empty);
    this.#timer = timer;
    this.#adapted = timer();
  }

  /** Whether the one that comes now is to be measured. */
  isDue(): boolean {
    return (this.#seen++ & (this.#stride - 1)) === 0;
  }

  /** When it is, for {@linkcode LatencyMeter.measured}. */
  start(): number {
    return this.#timer();
  }

  /**
   * Records how long something took, to its end. There is no closure about the
   * work: it would cost each call where only one in 64 is measured.
   */
  measured<T>(
    outcome: Outcome<T>,
    { name, start }: { readonly name: Name; readonly start: number },
  ): Outcome<T> {
    const weight = this.#stride;
    const record = () =>
      this.#durations[name].record(this.#timer() - start, weight);
    if (outcome instanceof Promise) return outcome.finally(record);
    record();
    return outcome;
  }

  /** Looks whether it is busy; to be called a few times a second. */
  adapt(): void {
    const now = this.#timer();
    const seconds = (now - this.#adapted) / 1_000;
    if (seconds <= 0) return;
    const rate = (this.#seen - this.#seenBefore) / seconds;
    this.#stride = rate > BUSY_RATE ? BUSY_STRIDE : 1;
    this.#adapted = now;
    // Whole strides are kept, so that it does not grow past what `&` can do.
    this.#seen %= BUSY_STRIDE;
    this.#seenBefore = this.#seen;
  }

  /** What was measured since the start: copies. */
  durations(): Durations<Name> {
    return mapDurations(this.#durations, (histogram) => histogram.copy());
  }
}

/** The same names with something made of each histogram. */
export function mapDurations<Name extends string, T>(
  durations: Durations<Name>,
  map: (histogram: Histogram, name: Name) => T,
): Readonly<Record<Name, T>> {
  const names = Object.keys(durations) as Name[];
  const mapped = names.map((name) => [name, map(durations[name], name)]);
  return Object.fromEntries(mapped);
}
