/**
 * The lanes of all sources of small contents, of which few are open at a time.
 *
 * @module
 */

import type { Asked, Lane } from "./lane.ts";
import type { Source } from "./source.ts";
import { endpointOf } from "./source_error.ts";

/** What lanes are made with. */
export interface LanesOptions<Item extends Asked> {
  /** The most that are open at once. */
  readonly most: number;
  readonly signal: AbortSignal;
  /** Makes the lane of a source. */
  readonly make: (source: Source) => Lane<Item>;
  /** Is told of what is not a source's fault. */
  readonly onFailed: (error: unknown) => void;
}

/** A lane for each endpoint. */
export class Lanes<Item extends Asked> {
  readonly #options: LanesOptions<Item>;
  readonly #lanes = new Map<string, Lane<Item>>();
  readonly #running = new Set<Promise<void>>();

  /** Opens none yet. */
  constructor(options: LanesOptions<Item>) {
    this.#options = options;
  }

  /** The lane of a source. */
  of(source: Source): Lane<Item> {
    const key = endpointOf(source);
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, lane = this.#options.make(source));
    return lane;
  }

  /** Opens those that have something to ask, as far as they may be open. */
  open(): void {
    const { most, signal, onFailed } = this.#options;
    for (const lane of this.#lanes.values()) {
      if (this.#running.size >= most || signal.aborted) return;
      if (lane.isOpen || !lane.isWanted) continue;
      const running = lane.run().catch(onFailed).finally(() => {
        this.#running.delete(running);
        this.open();
      });
      this.#running.add(running);
    }
  }

  /** Waits until none is open; nothing may open one any more. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
