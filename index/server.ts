/**
 * The index server: a socket, the policy behind it, and a store.
 *
 * @module
 */

import { bindUdp, DEFAULT_PORT } from "./bind.ts";
import {
  type Counters,
  type DropReason,
  newCounters,
  REQUEST_TYPES,
  type RequestType,
} from "./counters.ts";
import { Directory } from "./directory.ts";
import { KnownAddresses } from "./known_addresses.ts";
import type { DurationSummary, Histogram } from "./histogram.ts";
import { type Durations, LatencyMeter } from "./latency_meter.ts";
import { type LeaseTerms, leaseTerms } from "./lease.ts";
import { type Limits, limitsOf, type StoreLimits } from "./limits.ts";
import { Members } from "./members.ts";
import { monotonicClock } from "./monotonic_clock.ts";
import type { Selection } from "./memory/source_picker.ts";
import { PortProbe } from "./port_probe.ts";
import {
  type Page,
  type PageRequest,
  RegistryView,
  type ShownContent,
  type ShownOwner,
  type ShownPlace,
  type ShownRegistration,
  type ShownSource,
} from "./registry_view.ts";
import {
  closeStore,
  isDurable,
  isShared,
  openStore,
  type RedisOptions,
} from "./open_store.ts";
import { ReplyMemory } from "./reply_memory.ts";
import type { Store, StoreCounts } from "./store.ts";
import {
  STORE_OPERATIONS,
  type StoreOperation,
  TimedStore,
} from "./timed_store.ts";
import { type TraceEvent, traceExchange } from "./trace.ts";
import type { IndexServerOptions } from "./server_options.ts";
import { serveUdp } from "./udp_loop.ts";

export { Members };
export type {
  Counters,
  DropReason,
  Durations,
  DurationSummary,
  Histogram,
  IndexServerOptions,
  LeaseTerms,
  Limits,
  Page,
  PageRequest,
  RedisOptions,
  RegistryView,
  RequestType,
  Selection,
  ShownContent,
  ShownOwner,
  ShownPlace,
  ShownRegistration,
  ShownSource,
  StoreCounts,
  StoreLimits,
  StoreOperation,
  TraceEvent,
};

/** What an index has done since its start, and what it holds. */
export interface IndexStats extends Counters, StoreCounts {}

/** How long an index took for what it did, since its start. */
export interface IndexDurations {
  /** From a request's turn to its answer. */
  readonly requests: Durations<RequestType>;
  /** What of that the store took. */
  readonly store: Durations<StoreOperation>;
}

/** How often what has run out is freed, in milliseconds, where nothing waits. */
const SWEEP_MS = 250;

/**
 * An index server that runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IndexServer } from "./server.ts";
 *
 * await using index = await IndexServer.start({
 *   hostname: "127.0.0.1",
 *   port: 0,
 *   limits: { maxRegistrations: 10_000 },
 * });
 * assertEquals(index.addr.hostname, "127.0.0.1");
 * assertEquals(index.stats().registrations, 0);
 * ```
 */
export class IndexServer implements AsyncDisposable {
  readonly #socket: Deno.DatagramConn;
  readonly #counters: Counters;
  /** What it holds, to be looked at. */
  readonly registry: RegistryView;
  readonly #store: Store;
  readonly #probe: PortProbe | undefined;
  readonly #latency: LatencyMeter<RequestType>;
  readonly #storeLatency: LatencyMeter<StoreOperation>;
  readonly #loop: Promise<void>;
  readonly #clock: () => number;
  #sweep: ReturnType<typeof setTimeout> | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * Starts an index. When the promise resolves it answers.
   *
   * @throws {RangeError} Where an option is out of its range.
   * @throws {Error} Where it cannot listen there or use its database or Redis, saying why.
   */
  static async start(options: IndexServerOptions = {}): Promise<IndexServer> {
    const random = options.random ?? ((bytes) => crypto.getRandomValues(bytes));
    const clock = options.clock ?? monotonicClock();
    const limits = limitsOf(options.limits);
    const store = await openStore({
      database: options.database,
      redis: options.redis,
      maxReplies: limits.maxReplies,
      random,
      limits,
      selection: options.selection ?? "newest",
      seed: randomBytes(random),
      clock,
      fault: options.fault ?? (() => {}),
    });
    try {
      return new IndexServer({
        ...options,
        random,
        // Tokens are the same at every index of a registry, so is their time.
        clock: isShared(store) ? () => store.clock() : clock,
      }, store);
    } catch (error) {
      await closeStore(store);
      throw error;
    }
  }

  private constructor(
    options:
      & IndexServerOptions
      & Required<Pick<IndexServerOptions, "random" | "clock">>,
    store: Store,
  ) {
    const { trace, random } = options;
    const limits = limitsOf(options.limits);
    const lease = leaseTerms(options.lease);
    this.#clock = options.clock;
    this.#counters = newCounters();
    this.#probe = options.probe ?? mayConnect() ? new PortProbe() : undefined;
    const now = this.#clock();
    this.#store = store;
    const turns = isDurable(store);
    const memory = new ReplyMemory(limits.maxReplies, now, { turns });
    const timer = () => performance.now();
    this.registry = new RegistryView(this.#store, {
      clock: this.#clock,
      timer,
    });
    this.#latency = new LatencyMeter(REQUEST_TYPES, timer);
    this.#storeLatency = new LatencyMeter(STORE_OPERATIONS, timer);
    const directory = new Directory({
      store: new TimedStore(this.#store, this.#storeLatency),
      latency: this.#latency,
      memory,
      lease,
      limits,
      secret: isShared(store) ? store.secret : randomBytes(random),
      probe: this.#probe,
      known: options.knownAs && new KnownAddresses(options.knownAs),
      members: options.members,
      counters: this.#counters,
    });
    this.#socket = bindUdp(options.hostname, options.port ?? DEFAULT_PORT);
    this.#loop = serveUdp({
      socket: this.#socket,
      directory,
      counters: this.#counters,
      clock: this.#clock,
      commit: isDurable(store)
        ? () => {
          const kept = store.commit(this.#clock());
          memory.endTurn(kept);
          return kept;
        }
        : undefined,
      trace: trace && ((exchange) => traceExchange(exchange).forEach(trace)),
      fault: options.fault ?? (() => {}),
    });
    this.#sweepAfter(SWEEP_MS);
  }

  /** Where it listens. */
  get addr(): { readonly hostname: string; readonly port: number } {
    const { hostname, port } = this.#socket.addr as Deno.NetAddr;
    return { hostname, port };
  }

  /** What it has done and what it holds, as it is now: a copy. */
  stats(): IndexStats {
    return { ...structuredClone(this.#counters), ...this.#store.counts() };
  }

  /** How long it took for what it did, as it is now: copies. */
  durations(): IndexDurations {
    return {
      requests: this.#latency.durations(),
      store: this.#storeLatency.durations(),
    };
  }

  /** Stops. A second call does nothing more. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#sweep);
    this.registry[Symbol.dispose]();
    this.#socket.close();
    await this.#probe?.[Symbol.asyncDispose]();
    // What still waits for a store elsewhere is not waited for.
    if (isShared(this.#store)) await closeStore(this.#store);
    await this.#loop;
    await closeStore(this.#store);
  }

  #sweepAfter(delay: number): void {
    this.#sweep = setTimeout(() => {
      // A bounded part at a time: requests are answered in between.
      this.#latency.adapt();
      this.#storeLatency.adapt();
      const more = this.#store.sweep(this.#clock());
      this.#sweepAfter(more ? 0 : SWEEP_MS);
    }, delay);
  }
}

/** Whether a connection to any host may be tried without asking anybody. */
function mayConnect(): boolean {
  return Deno.permissions.querySync({ name: "net" }).state === "granted";
}

function randomBytes(
  random: (bytes: Uint8Array<ArrayBuffer>) => void,
): Uint8Array {
  const bytes = new Uint8Array(16);
  random(bytes);
  return bytes;
}
