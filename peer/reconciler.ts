/**
 * Makes what an index holds of this peer the same as what this peer shares:
 * registers again what the index has lost, and removes what an earlier process
 * has left there.
 *
 * @module
 */

import { forAll } from "./bulk.ts";
import type { InOrder } from "./in_order.ts";
import { IndexError } from "./index_error.ts";
import {
  keyOf,
  type Registration,
  type Registrations,
} from "./registrations.ts";
import type { SessionEvent } from "./session_options.ts";

/** What reconciling needs. */
export interface ReconcilerOptions {
  /** What is shared. */
  readonly held: Registrations;
  /** Keeps what is asked of one registration in order. */
  readonly inOrder: InOrder;
  /** Says hello, or goodbye, and gives back how many the index holds. */
  readonly hello: (
    signal: AbortSignal,
    options?: { readonly goodbye?: boolean },
  ) => Promise<number>;
  /** Registers one again. */
  readonly register: (
    registration: Registration,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Told of what happens. */
  readonly tell: (event: SessionEvent) => void;
}

/** Reconciles an index with what this peer shares. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Those that were refused, each of which is told of once. */
  readonly #refused = new Set<string>();
  #tidied = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Renews the leases, compares, and mends what differs. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { held, hello } = this.#options;
    const compare = held.startComparison();
    const count = await hello(signal);
    const difference = compare(count);
    if (difference === "less") held.forgetAll();
    else if (difference === "more") {
      await this.#tidy(count - held.registered, signal);
    } else this.#tidied = false;
    await this.#restore(signal);
  }

  /** Takes note that a registration is gone, and with it what was told of it. */
  drop(registration: Pick<Registration, "peer" | "name">): void {
    this.#refused.delete(keyOf(registration));
  }

  /** Says goodbye to have everything removed, what is not known here too. */
  async #tidy(count: number, signal: AbortSignal): Promise<void> {
    // Where it did not help the last time, it will not now.
    if (this.#tidied) return;
    this.#tidied = true;
    const { held, hello, tell } = this.#options;
    await hello(signal, { goodbye: true });
    held.forgetAll();
    await hello(signal);
    tell({ type: "tidied", count });
  }

  async #restore(signal: AbortSignal): Promise<void> {
    const { held, inOrder, register, tell } = this.#options;
    const missing = [...held.all()].filter(({ registered }) => !registered);
    if (missing.length === 0) return;
    let count = 0;
    await forAll(
      missing,
      (registration) =>
        inOrder.run(keyOf(registration), async () => {
          // It may have been de-registered, or registered, by now.
          if (held.find(registration) !== registration) return;
          await register(registration, signal);
          this.drop(registration);
          count++;
        }),
      {
        signal,
        onResult: ({ item, error }) => {
          if (!error || this.#refused.has(keyOf(item))) return;
          if (!(error instanceof IndexError)) return;
          this.#refused.add(keyOf(item));
          tell({ type: "refused", registration: item, error });
        },
      },
    );
    if (count > 0) tell({ type: "restored", count });
  }
}
