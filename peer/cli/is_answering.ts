/**
 * Whether an index answers, without leaving anything behind at it.
 *
 * @module
 */

import { IndexClient } from "../index_client.ts";
import type { IndexAddress } from "./index_address.ts";
import { OBSERVER } from "./settings.ts";

/**
 * Says hello and goodbye in one to an index.
 *
 * @param options `limitMs`: how long to wait; the signal ends the wait too.
 * @returns Whether it answered in time.
 */
export async function isAnswering(
  index: IndexAddress,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<boolean> {
  signal.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limitMs);
  const until = AbortSignal.any([signal, late.signal]);
  try {
    await using client = await IndexClient.open({
      index,
      peer: OBSERVER,
      signal: until,
    });
    await client.hello({ goodbye: true, signal: until });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    clearTimeout(timer);
  }
}
