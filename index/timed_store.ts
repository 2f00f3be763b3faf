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
  OwnerList,
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

  /** Where the other one can say so at once. */
  readonly actsFor?: NonNullable<Store["actsFor"]>;
  readonly touch?: NonNullable<Store["touch"]>;

  constructor(store: Store, meter: LatencyMeter<StoreOperation>) {
    this.#store = store;
    this.#meter = meter;
    if (store.actsFor) this.actsFor = store.actsFor.bind(store);
    if (store.touch) this.touch = store.touch.bind(store);
  }

  open(request: OpenSession, now: number): Outcome<SessionResult> {
    if (!this.#meter.isDue()) return this.#store.open(request, now);
    const start = this.#meter.start();
    const outcome = this.#store.open(request, now);
    return this.#meter.measured(outcome, { name: "open", start });
  }

  close(request: CloseSession, now: number): Outcome<void> {
    if (!this.#meter.isDue()) return this.#store.close(request, now);
    const start = this.#meter.start();
    const outcome = this.#store.close(request, now);
    return this.#meter.measured(outcome, { name: "close", start });
  }

  register(request: Register, now: number): Outcome<RegisterResult> {
    if (!this.#meter.isDue()) return this.#store.register(request, now);
    const start = this.#meter.start();
    const outcome = this.#store.register(request, now);
    return this.#meter.measured(outcome, { name: "register", start });
  }

  deregister(request: Deregister, now: number): Outcome<boolean> {
    if (!this.#meter.isDue()) return this.#store.deregister(request, now);
    const start = this.#meter.start();
    const outcome = this.#store.deregister(request, now);
    return this.#meter.measured(outcome, { name: "deregister", start });
  }

  search(request: Search, now: number): Outcome<SearchResult> {
    if (!this.#meter.isDue()) return this.#store.search(request, now);
    const start = this.#meter.start();
    const outcome = this.#store.search(request, now);
    return this.#meter.measured(outcome, { name: "search", start });
  }

  list(request: List, now: number): Outcome<ListPage> {
    if (!this.#meter.isDue()) return this.#store.list(request, now);
    const start = this.#meter.start();
    const outcome = this.#store.list(request, now);
    return this.#meter.measured(outcome, { name: "list", start });
  }

  owners(request: OwnerList, now: number): Outcome<ListPage> {
    return this.#store.owners(request, now);
  }

  sweep(now: number): boolean {
    return this.#store.sweep(now);
  }

  counts(): StoreCounts {
    return this.#store.counts();
  }
}
