/**
 * What the page shows live: a look at the index every second, kept for some
 * minutes, and sent to whoever watches.
 *
 * @module
 */

import {
  type StatsInterval,
  StatsWindow,
  type WatchedIndex,
} from "../stats_window.ts";
import type { HttpReply, HttpStream } from "./reply.ts";
import { errorReply } from "./reply.ts";

/** What a look at the index says on a chart. */
export type HistoryPoint =
  & Pick<StatsInterval, "time" | "rates" | "refused">
  & {
    readonly registrations: number;
    readonly owners: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
  };

/** Between two looks, in milliseconds. */
export const LOOK_MS = 1_000;

/** Looks that are kept: five minutes. */
const MAX_POINTS = 300;

/** Looks at an index, and tells those who watch. */
export class LiveFeed implements Disposable {
  readonly #window: StatsWindow;
  readonly #history: HistoryPoint[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #maxWatchers: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #latest: StatsInterval;
  #event: string;

  constructor(
    index: WatchedIndex,
    { clock, maxWatchers, lookMs = LOOK_MS }: {
      clock: () => number;
      /** How many may watch at the same time. */
      maxWatchers: number;
      lookMs?: number;
    },
  ) {
    this.#maxWatchers = maxWatchers;
    this.#window = new StatsWindow(index, clock);
    this.#latest = this.#window.next();
    this.#event = eventOf(this.#latest);
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  /** The latest look. */
  get latest(): StatsInterval {
    return this.#latest;
  }

  /** The looks that are kept, the oldest first. */
  get history(): readonly HistoryPoint[] {
    return this.#history;
  }

  /** A stream of server-sent events, one for each look from now on. */
  watch(): HttpStream | HttpReply {
    if (this.#watchers.size >= this.#maxWatchers) {
      return errorReply(503, "Too many watch already: try again later");
    }
    let wake = () => {};
    const watcher = () => wake();
    this.#watchers.add(watcher);
    return {
      status: 200,
      type: "text/event-stream; charset=utf-8",
      stream: async (write, signal) => {
        const stop = () => wake();
        signal.addEventListener("abort", stop);
        try {
          await write(`retry: 2000\n\n${this.#event}`);
          while (!signal.aborted) {
            // Who is slow misses looks; nothing is kept for anybody.
            await new Promise<void>((resolve) => wake = resolve);
            if (!signal.aborted) await write(this.#event);
          }
        } finally {
          signal.removeEventListener("abort", stop);
          this.#watchers.delete(watcher);
        }
      },
    };
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#latest = this.#window.next();
    this.#event = eventOf(this.#latest);
    this.#history.push(pointOf(this.#latest));
    if (this.#history.length > MAX_POINTS) this.#history.shift();
    for (const watcher of this.#watchers) watcher();
  }
}

/** A look as a point of a chart. */
export function pointOf(
  { time, rates, refused, stats, latency }: StatsInterval,
): HistoryPoint {
  const { registrations, owners } = stats;
  const { p50Ms, p99Ms } = latency;
  return { time, rates, refused, registrations, owners, p50Ms, p99Ms };
}

function eventOf(interval: StatsInterval): string {
  return `event: look\ndata: ${JSON.stringify(interval)}\n\n`;
}
