/**
 * What an index found when a hello asked it to try the sender's TCP port.
 *
 * @module
 */

import { NO_CURSOR } from "./request.ts";

/** The results of a probe, each at its number on the wire. */
export const PROBE_RESULTS = [
  /** It was not tried: nobody asked, or this index does not do it. */
  "none",
  /** It is being tried: ask again. */
  "pending",
  /** A connection came about. */
  "open",
  /** The host refused the connection. */
  "refused",
  /** Nobody answered in time. */
  "silent",
  /** There is no way to the host. */
  "unreachable",
  /** The index has tried enough for now: ask again later. */
  "later",
] as const;

/** What became of a probe. */
export type ProbeResult = typeof PROBE_RESULTS[number];

/** What the cursor of the `A` to an `H` says: its first byte is the result. */
export function probeCursor(result: ProbeResult): Uint8Array {
  const cursor = NO_CURSOR.slice();
  cursor[0] = PROBE_RESULTS.indexOf(result);
  return cursor;
}

/** Reads it. A number that is not known says that nothing is. */
export function readProbe(cursor: Uint8Array): ProbeResult {
  return PROBE_RESULTS[cursor[0]!] ?? "none";
}
