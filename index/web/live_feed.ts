/**
 * What the page shows live: a look at the index every second, kept for some
 * minutes, and sent to whoever watches.
 *
 * @module
 */

import { EventChannel } from "../../web/event_channel.ts";
import {
  type StatsInterval,
  StatsWindow,
  type WatchedIndex,
} from "../stats_window.ts";
import { errorReply } from "./json_reply.ts";

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
  readonly #channel: EventChannel;
  readonly #timer: ReturnType<typeof setInterval>;
  #latest: StatsInterval;

  constructor(
    index: WatchedIndex,
    { clock, maxWatchers, lookMs = LOOK_MS }: {
      clock: () => number;
      /** How many may watch at the same time. */
      maxWatchers: number;
      lookMs?: number | undefined;
    },
  ) {
    this.#channel = new EventChannel({ maxStreams: maxWatchers });
    this.#window = new StatsWindow(index, clock);
    this.#latest = this.#window.next();
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
  watch(): Response {
    return this.#channel.open([["look", this.#latest]]) ??
      errorReply(503, "Too many watch already: try again later");
  }

  /** Looks no more, and ends every stream. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#channel[Symbol.dispose]();
  }

  #look(): void {
    this.#latest = this.#window.next();
    this.#history.push(pointOf(this.#latest));
    if (this.#history.length > MAX_POINTS) this.#history.shift();
    this.#channel.send("look", this.#latest);
  }
}

/** A look as a point of a chart. */
function pointOf(
  { time, rates, refused, stats, latency }: StatsInterval,
): HistoryPoint {
  const { registrations, owners } = stats;
  const { p50Ms, p99Ms } = latency;
  return { time, rates, refused, registrations, owners, p50Ms, p99Ms };
}
