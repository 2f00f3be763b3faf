/**
 * The counters of an index in the text format of Prometheus.
 *
 * @module
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type Histogram as Durations, MAX_DOUBLINGS } from "../histogram.ts";
import type { IndexStats } from "../server.ts";
import type { WatchedIndex } from "../stats_window.ts";
import type { HttpReply } from "./reply.ts";

const MS_PER_S = 1_000;

/** Writes the metrics of an index. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(index: WatchedIndex, { startTime }: { startTime: number }) {
    const registers = [this.#registry];
    const stats = () => index.stats();
    const counters: Counted[] = [
      ["datagrams_received", "Datagrams that arrived", (s) => s.datagrams],
      ["datagrams_sent", "Datagrams that were sent", (s) => s.sent],
      [
        "send_failures",
        "Datagrams that could not be sent",
        (s) => s.sendFailures,
      ],
      [
        "receive_failures",
        "Times that receiving failed",
        (s) => s.receiveFailures,
      ],
      [
        "acknowledged",
        "Requests that were acknowledged",
        (s) => s.acknowledged,
      ],
      ["repeated", "Requests that were answered as before", (s) => s.repeated],
      ["leases_expired", "Owners whose lease ran out", (s) => s.expired],
    ];
    for (const [name, help, value] of counters) {
      new Counter({
        name: `peerdex_${name}_total`,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value(stats()));
        },
      });
    }
    const labelled: Labelled[] = [
      ["requests", "type", "Requests with a valid token", (s) => s.requests],
      ["errors", "error", "Errors that were answered", (s) => s.errors],
      ["dropped", "reason", "What was dropped", (s) => s.dropped],
    ];
    for (const [name, label, help, values] of labelled) {
      new Counter({
        name: `peerdex_${name}_total`,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [key, value] of Object.entries(values(stats()))) {
            this.inc({ [label]: key }, value);
          }
        },
      });
    }
    const gauges: [string, string, () => number][] = [
      [
        "peerdex_registrations",
        "Living registrations",
        () => stats().registrations,
      ],
      ["peerdex_owners", "Living owners", () => stats().owners],
      [
        "process_resident_memory_bytes",
        "Resident memory in bytes",
        () => Deno.memoryUsage().rss,
      ],
      [
        "process_start_time_seconds",
        "When it started, in seconds since 1970",
        () => startTime / MS_PER_S,
      ],
    ];
    for (const [name, help, value] of gauges) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    }
    this.#registry.registerMetric(
      new MirroredHistogram({
        name: "peerdex_request_duration_seconds",
        help: "From a request's turn to its answer, sampled when busy",
        label: "type",
        durations: () => index.durations().requests,
      }),
    );
    this.#registry.registerMetric(
      new MirroredHistogram({
        name: "peerdex_store_duration_seconds",
        help: "What of that the store took, sampled when busy",
        label: "operation",
        durations: () => index.durations().store,
      }),
    );
  }

  /** All of them as they are now. */
  async reply(): Promise<HttpReply> {
    const body = await this.#registry.metrics();
    return { status: 200, type: this.#registry.contentType, body };
  }
}

type Counted = [
  name: string,
  help: string,
  value: (stats: IndexStats) => number,
];

type Labelled = [
  name: string,
  label: string,
  help: string,
  values: (stats: IndexStats) => Readonly<Record<string, number>>,
];

/** Shows histograms that are kept elsewhere. */
class MirroredHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #durations: () => Readonly<Record<string, Durations>>;

  constructor({ name, help, label, durations }: {
    name: string;
    help: string;
    label: string;
    durations: () => Readonly<Record<string, Durations>>;
  }) {
    super({ name, help, labelNames: [label], registers: [] });
    this.#name = name;
    this.#help = help;
    this.#label = label;
    this.#durations = durations;
  }

  /** What the registry asks for before it writes text. */
  getForPromString() {
    const values = Object.entries(this.#durations())
      .flatMap(([key, durations]) => this.#values(key, durations));
    const name = this.#name;
    return Promise.resolve({
      name,
      help: this.#help,
      type: "histogram",
      values,
    });
  }

  #values(key: string, durations: Durations) {
    const line = (
      suffix: string,
      value: number,
      labels: Record<string, string> = {},
    ) => ({
      metricName: `${this.#name}_${suffix}`,
      labels: { ...labels, [this.#label]: key },
      value,
    });
    const buckets = [];
    for (let n = 0; n < MAX_DOUBLINGS; n++) {
      const le = `${2 ** n / 1e6}`;
      buckets.push(line("bucket", durations.countTo(n), { le }));
    }
    return [
      ...buckets,
      line("bucket", durations.count, { le: "+Inf" }),
      line("sum", durations.totalMs / MS_PER_S),
      line("count", durations.count),
    ];
  }
}
