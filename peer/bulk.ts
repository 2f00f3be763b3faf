/**
 * The same for many: keeps enough requests under way to fill the window of the
 * exchange, and no more than that.
 *
 * @module
 */

import { IndexUnreachableError } from "./index_error.ts";

/** How many requests of one bulk are under way at once. */
const BULK_REQUESTS = 1_024;

/** What became of one item. */
export type BulkResult<Item, Value> =
  | { readonly item: Item; readonly value: Value; readonly error?: undefined }
  | { readonly item: Item; readonly value?: undefined; readonly error: Error };

/** How a bulk is followed and ended. */
export interface BulkOptions<Item, Value> {
  /** Called with each result as it comes, in any order. */
  readonly onResult?: ((result: BulkResult<Item, Value>) => void) | undefined;
  /** Ends the bulk; what is under way is dropped. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for every item. An item that is refused does not end the others.
 *
 * @returns The results, in the order of the items.
 * @throws {IndexUnreachableError} Where the index stopped answering: what was
 * done until then was told to `onResult`.
 */
export async function forAll<Item, Value>(
  items: Iterable<Item>,
  ask: (item: Item) => Promise<Value>,
  { onResult, signal }: BulkOptions<Item, Value> = {},
): Promise<BulkResult<Item, Value>[]> {
  const results: BulkResult<Item, Value>[] = [];
  const underWay = new Set<Promise<void>>();
  let fatal: { error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const run = async (item: Item, at: number) => {
    let result: BulkResult<Item, Value>;
    try {
      result = { item, value: await ask(item) };
    } catch (error) {
      if (signal?.aborted || !isOfItem(error)) {
        fatal ??= { error };
        return;
      }
      result = { item, error };
    }
    results[at] = result;
    onResult?.(result);
  };
  let at = 0;
  for (const item of items) {
    if (signal?.aborted) fatal ??= { error: signal.reason };
    if (fatal) break;
    const running = run(item, at++).catch((error) => {
      fatal ??= { error }; // What the caller's own `onResult` threw.
    }).finally(() => {
      underWay.delete(running);
      wake?.();
    });
    underWay.add(running);
    if (underWay.size >= BULK_REQUESTS) {
      await new Promise<void>((resolve) => wake = resolve);
    }
  }
  await Promise.all(underWay);
  if (fatal) throw fatal.error;
  return results;
}

/** Whether an error concerns one item, so that the next may fare better. */
function isOfItem(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof IndexUnreachableError) &&
    error.name !== "AbortError";
}
