/**
 * What an index did between one look and the next.
 *
 * @module
 */

import type { RequestType } from "./counters.ts";
import { type DurationSummary, Histogram } from "./histogram.ts";
import { type Durations, mapDurations } from "./latency_meter.ts";
import type { IndexDurations, IndexStats } from "./server.ts";
import type { StoreOperation } from "./timed_store.ts";

/** What is looked at. */
export interface WatchedIndex {
  /** What it has done since its start, and what it holds. */
  stats(): IndexStats;
  /** How long that took. */
  durations(): IndexDurations;
}

/** Summaries of what was measured at all. */
export type Summaries<Name extends string> = {
  readonly [Key in Name]?: DurationSummary;
};

/** What an index did since it was looked at before. */
export interface StatsInterval {
  /** When this look was, in milliseconds since 1970. */
  readonly time: number;
  /** How long ago the look before was, in milliseconds. */
  readonly windowMs: number;
  /** Counts since the start. */
  readonly stats: IndexStats;
  /** Requests a second by type, in between. */
  readonly rates: Readonly<Record<RequestType, number>>;
  /** Errors and drops a second, in between. */
  readonly refused: number;
  /** How long requests took, in between. */
  readonly latency: DurationSummary;
  /** The same by type. */
  readonly latencyByType: Summaries<RequestType>;
  /** How long the store took, in between. */
  readonly storeTime: Summaries<StoreOperation>;
}

/** Looks at an index again and again. */
export class StatsWindow {
  readonly #index: WatchedIndex;
  readonly #clock: () => number;
  #time: number;
  #stats: IndexStats;
  #durations: IndexDurations;

  /** @param clock Milliseconds since 1970. */
  constructor(index: WatchedIndex, clock: () => number) {
    this.#index = index;
    this.#clock = clock;
    this.#time = clock();
    this.#stats = index.stats();
    this.#durations = index.durations();
  }

  /** What it did since this was called before, or since the window was made. */
  next(): StatsInterval {
    const time = this.#clock();
    const windowMs = Math.max(1, time - this.#time);
    const stats = this.#index.stats();
    const durations = this.#index.durations();
    const perSecond = (count: number) =>
      Math.round(count * 10_000 / windowMs) / 10;
    const requests = since(durations.requests, this.#durations.requests);
    const store = since(durations.store, this.#durations.store);
    const all = new Histogram();
    for (const histogram of Object.values(requests)) all.add(histogram);
    const rates = { ...stats.requests };
    for (const type of Object.keys(rates) as RequestType[]) {
      rates[type] = perSecond(rates[type] - this.#stats.requests[type]);
    }
    const interval = {
      time: Math.round(time),
      windowMs: Math.round(windowMs),
      stats,
      rates,
      refused: perSecond(refusals(stats) - refusals(this.#stats)),
      latency: all.summary(),
      latencyByType: summaries(requests),
      storeTime: summaries(store),
    };
    this.#time = time;
    this.#stats = stats;
    this.#durations = durations;
    return interval;
  }
}

/** Summaries of those that hold anything. */
export function summaries<Name extends string>(
  durations: Durations<Name>,
): Summaries<Name> {
  const entries = Object.entries<Histogram>(durations)
    .filter(([, histogram]) => histogram.count > 0)
    .map(([name, histogram]) => [name, histogram.summary()]);
  return Object.fromEntries(entries);
}

function since<Name extends string>(
  now: Durations<Name>,
  before: Durations<Name>,
): Durations<Name> {
  return mapDurations(now, (histogram, name) => histogram.since(before[name]));
}

function refusals({ errors, dropped }: IndexStats): number {
  return [...Object.entries(errors), ...Object.entries(dropped)]
    // Everybody is told a token first: that is no refusal.
    .filter(([name]) => name !== "TOKEN")
    .reduce((sum, [, count]) => sum + count, 0);
}
