/**
 * The counters of an index in the text format of Prometheus, version 0.0.4.
 *
 * docs/decisions.md says why it is written here.
 *
 * @module
 */

import { type Histogram, MAX_DOUBLINGS } from "../histogram.ts";
import type { WatchedIndex } from "../stats_window.ts";

const MS_PER_S = 1_000;
const US_PER_S = 1_000_000;

/** Writes the metrics of an index. */
export class Metrics {
  readonly #index: WatchedIndex;
  readonly #startTime: number;

  /** @param options When the index was started, in milliseconds since 1970. */
  constructor(index: WatchedIndex, { startTime }: { startTime: number }) {
    this.#index = index;
    this.#startTime = startTime;
  }

  /** All of them as they are now. */
  reply(): Response {
    return new Response(this.#text(), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    });
  }

  #text(): string {
    const stats = this.#index.stats();
    const { requests, store } = this.#index.durations();
    return [
      counter("datagrams_received", "Datagrams that arrived", stats.datagrams),
      counter("datagrams_sent", "Datagrams that were sent", stats.sent),
      counter(
        "send_failures",
        "Datagrams that could not be sent",
        stats.sendFailures,
      ),
      counter(
        "receive_failures",
        "Times that receiving failed",
        stats.receiveFailures,
      ),
      counters("requests", "Requests with a valid token, by type", {
        label: "type",
        values: stats.requests,
      }),
      counter(
        "acknowledged",
        "Requests that were acknowledged",
        stats.acknowledged,
      ),
      counter("repeated", "Requests answered as before", stats.repeated),
      counters("errors", "Errors that were answered, by name", {
        label: "error",
        values: stats.errors,
      }),
      counters("dropped", "What was dropped, by reason", {
        label: "reason",
        values: stats.dropped,
      }),
      counter("leases_expired", "Owners whose lease ran out", stats.expired),
      gauge(
        "peerdex_registrations",
        "Living registrations",
        stats.registrations,
      ),
      gauge("peerdex_owners", "Living owners", stats.owners),
      histogram(
        "peerdex_request_duration_seconds",
        "From a request's turn to its answer; sampled when busy",
        { label: "type", durations: requests },
      ),
      histogram(
        "peerdex_store_duration_seconds",
        "What of that the store took; sampled when busy",
        { label: "operation", durations: store },
      ),
      gauge(
        "process_resident_memory_bytes",
        "Resident memory in bytes",
        Deno.memoryUsage().rss,
      ),
      gauge(
        "process_start_time_seconds",
        "When it started, in seconds since 1970",
        this.#startTime / MS_PER_S,
      ),
    ].join("\n");
  }
}

// Names and labels are this program's own: none of them needs escaping.

function counter(name: string, help: string, value: number): string {
  const full = `peerdex_${name}_total`;
  return `${head(full, help, "counter")}${full} ${value}\n`;
}

function counters(
  name: string,
  help: string,
  { label, values }: {
    label: string;
    values: Readonly<Record<string, number>>;
  },
): string {
  const full = `peerdex_${name}_total`;
  const lines = Object.entries(values).map(([key, value]) =>
    `${full}{${label}="${key}"} ${value}\n`
  );
  return head(full, help, "counter") + lines.join("");
}

function gauge(name: string, help: string, value: number): string {
  return `${head(name, help, "gauge")}${name} ${value}\n`;
}

function histogram(
  name: string,
  help: string,
  { label, durations }: {
    label: string;
    durations: Readonly<Record<string, Histogram>>;
  },
): string {
  const lines: string[] = [];
  for (const [key, values] of Object.entries(durations)) {
    const own = `${label}="${key}"`;
    for (let n = 0; n < MAX_DOUBLINGS; n++) {
      const le = 2 ** n / US_PER_S;
      const count = values.countTo(n);
      lines.push(`${name}_bucket{${own},le="${le}"} ${count}\n`);
    }
    lines.push(
      `${name}_bucket{${own},le="+Inf"} ${values.count}\n`,
      `${name}_sum{${own}} ${values.totalMs / MS_PER_S}\n`,
      `${name}_count{${own}} ${values.count}\n`,
    );
  }
  return head(name, help, "histogram") + lines.join("");
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}
