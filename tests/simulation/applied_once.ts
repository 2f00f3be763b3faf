/**
 * A store that sees whether a request is applied twice.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { RequestMark } from "../../index/reply_memory.ts";
import type { Store } from "../../index/store.ts";

/** Changes that reached a store, each of which must do so once. */
export class AppliedOnce {
  readonly #seen = new Set<string>();
  /** How many changes there were. */
  changes = 0;

  /** The same store, watched. */
  watch(store: Store): Store {
    return new Proxy(store, {
      get: (_, name: keyof Store) => {
        const method: unknown = store[name];
        if (typeof method !== "function") return method;
        return (request: { mark?: RequestMark }, ...rest: unknown[]) => {
          if (CHANGES.has(name)) this.#note(name, request.mark);
          return method.call(store, request, ...rest);
        };
      },
    });
  }

  #note(name: string, mark: RequestMark | undefined): void {
    assert(mark, `${name} without a mark`);
    const key = `${name} ${Object.values(mark).join(" ")}`;
    assert(!this.#seen.has(key), `${name} was applied twice`);
    this.#seen.add(key);
    this.changes++;
  }
}

/** A hello is not among them: to renew twice is to renew. */
const CHANGES: ReadonlySet<keyof Store> = new Set(
  ["register", "deregister", "close"] as const,
);
