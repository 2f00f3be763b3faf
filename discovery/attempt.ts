/**
 * What was tried to find an index, and how to say that it was in vain.
 *
 * @module
 */

import { type Family, MDNS_GROUP, MDNS_PORT } from "./link.ts";

/** What was asked on an interface. */
export interface Attempt {
  /** What the system calls it, or what is known of it. */
  readonly interface: string;
  /** What was spoken there. */
  readonly family: Family;
  /** The address that was asked from, where known. */
  readonly from?: string | undefined;
  /** Why nothing could be asked there; left out where something was. */
  readonly problem?: string | undefined;
}

/** Where questions go, as people read it. */
export const ASKED: Readonly<Record<Family, string>> = {
  IPv4: `${MDNS_GROUP.IPv4}:${MDNS_PORT}`,
  IPv6: `[${MDNS_GROUP.IPv6}]:${MDNS_PORT}`,
};

/**
 * Says in one line that nothing was found, what was tried on which interface,
 * and what to type.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nothingFound } from "./attempt.ts";
 *
 * const tried = [
 *   { interface: "eth0", family: "IPv4", from: "192.0.2.7" },
 * ] as const;
 * assertEquals(
 *   nothingFound(tried),
 *   "Cannot find an index on the local network: nobody answered at " +
 *     "224.0.0.251:5353, asked from 192.0.2.7 (eth0); " +
 *     "type --index HOST:PORT to name one",
 * );
 * ```
 */
export function nothingFound(tried: readonly Attempt[]): string {
  const asked = tried.filter(({ problem }) => problem === undefined);
  const failed = tried.filter(({ problem }) => problem !== undefined);
  const silent = Map.groupBy(asked, ({ family }) => family);
  const parts = [...silent].map(([family, attempts]) =>
    `nobody answered at ${ASKED[family]}, asked ` +
    attempts.map(({ interface: name, from }) =>
      from === undefined ? `on ${name}` : `from ${from} (${name})`
    ).join(", ")
  );
  for (const { problem } of failed) parts.push(lowerFirst(problem!));
  if (parts.length === 0) parts.push("it has no network interface");
  return `Cannot find an index on the local network: ${parts.join("; ")}; ` +
    "type --index HOST:PORT to name one";
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
