/**
 * A store whose answers are timed.
 *
 * @module
 */

import type { LatencyMeter } from "./latency_meter.ts";
import type {
  CloseSession,
  Deregister,
  List,
  ListPage,
  OpenSession,
  Outcome,
  Register,
  RegisterResult,
  Search,
  SearchResult,
  SessionResult,
  Store,
  StoreCounts,
} from "./store.ts";

/** What a store is asked on behalf of requests. */
export type StoreOperation =
  | "open"
  | "close"
  | "register"
  | "deregister"
  | "search"
  | "list";

/** Every {@linkcode StoreOperation}. */
export const STORE_OPERATIONS: readonly StoreOperation[] = [
  "open",
  "close",
  "register",
  "deregister",
  "search",
  "list",
];

/** Asks another store, and measures some of what it does. */
export class TimedStore implements Store {
  readonly #store: Store;
  readonly #meter: LatencyMeter<StoreOperation>;

  constructor(store: Store, meter: LatencyMeter<StoreOperation>) {
    this.#store = store;
    this.#meter = meter;
  }

  open(request: OpenSession, now: number): Outcome<SessionResult> {
    if (!this.#meter.isDue()) return this.#store.open(request, now);
    return this.#meter.measure("open", () => this.#store.open(request, now));
  }

  close(request: CloseSession, now: number): Outcome<void> {
    if (!this.#meter.isDue()) return this.#store.close(request, now);
    return this.#meter.measure("close", () => this.#store.close(request, now));
  }

  register(request: Register, now: number): Outcome<RegisterResult> {
    if (!this.#meter.isDue()) return this.#store.register(request, now);
    return this.#meter.measure(
      "register",
      () => this.#store.register(request, now),
    );
  }

  deregister(request: Deregister, now: number): Outcome<boolean> {
    if (!this.#meter.isDue()) return this.#store.deregister(request, now);
    return this.#meter.measure(
      "deregister",
      () => this.#store.deregister(request, now),
    );
  }

  search(request: Search, now: number): Outcome<SearchResult> {
    if (!this.#meter.isDue()) return this.#store.search(request, now);
    return this.#meter.measure(
      "search",
      () => this.#store.search(request, now),
    );
  }

  list(request: List, now: number): Outcome<ListPage> {
    if (!this.#meter.isDue()) return this.#store.list(request, now);
    return this.#meter.measure("list", () => this.#store.list(request, now));
  }

  sweep(now: number): boolean {
    return this.#store.sweep(now);
  }

  counts(): StoreCounts {
    return this.#store.counts();
  }
}
