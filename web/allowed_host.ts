/**
 * Which `Host` a request may name. A page elsewhere can make a browser ask this
 * server under a name of its own (DNS rebinding); it cannot do so under an IP
 * address, under `localhost`, or under the names that the operator gave.
 *
 * @module
 */

import { parseAddress } from "../protocol/address.ts";

/**
 * Whether this is a host that may be asked for.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isAllowedHost } from "./allowed_host.ts";
 *
 * assert(isAllowedHost("127.0.0.1:8080", []));
 * assert(isAllowedHost("[::1]", []));
 * assert(isAllowedHost("index.example.org", ["index.example.org"]));
 * assertFalse(isAllowedHost("evil.example", []));
 * ```
 *
 * @param host The field as it was sent, with or without a port.
 * @param names The names that the operator gave, in lower case.
 */
export function isAllowedHost(host: string, names: readonly string[]): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host);
  if (!match) return false;
  const name = match[1]!.toLowerCase();
  if (name.startsWith("[")) {
    return parseAddress(name.slice(1, -1)) !== undefined;
  }
  return name === "localhost" || names.includes(name) ||
    parseAddress(name) !== undefined;
}
