/**
 * Writes what an index did as lines of JSON: every so often, and whenever it is
 * sent SIGUSR1 or SIGUSR2. To SIGUSR1 the runtime has an answer of its own: it
 * opens its debugger on the loopback, and closes it for nobody who has not got
 * every permission that there is about the system.
 *
 * @module
 */

import { StatsWindow, type WatchedIndex } from "../stats_window.ts";

/** How often, and where to. */
export interface StatsReporterOptions {
  /** Seconds between two lines; without, only when it is asked to. */
  readonly seconds?: number | undefined;
  /** Takes a line's object. */
  readonly write: (event: Readonly<Record<string, unknown>>) => void;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const MS_PER_S = 1_000;

/** Signals that ask for a line; Windows has none of them. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? []
  : ["SIGUSR1", "SIGUSR2"];

/** Reports on an index until it is disposed of. */
export class StatsReporter implements Disposable {
  readonly #window: StatsWindow;
  readonly #write: StatsReporterOptions["write"];
  readonly #start: number;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  readonly #onSignal = () => this.report();

  constructor(
    index: WatchedIndex,
    { seconds, write, clock }: StatsReporterOptions,
  ) {
    this.#window = new StatsWindow(index, clock);
    this.#write = write;
    this.#start = clock();
    if (seconds !== undefined) {
      this.#timer = setInterval(() => this.report(), seconds * MS_PER_S);
    }
    for (const signal of SIGNALS) {
      Deno.addSignalListener(signal, this.#onSignal);
    }
  }

  /** Writes a line now. */
  report(): void {
    const { time, stats, ...interval } = this.#window.next();
    this.#write({
      event: "stats",
      time,
      uptimeMs: Math.round(time - this.#start),
      residentBytes: Deno.memoryUsage().rss,
      ...stats,
      ...interval,
    });
  }

  /** Reports no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const signal of SIGNALS) {
      Deno.removeSignalListener(signal, this.#onSignal);
    }
  }
}
