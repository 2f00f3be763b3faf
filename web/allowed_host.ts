/**
 * Which `Host` headers a page answers to. A name that somebody else owns can be
 * made to lead here (DNS rebinding); an address cannot.
 *
 * @module
 */

/**
 * Whether a `Host` header is an address, `localhost`, or one of the names
 * given.
 *
 * @param host The header, in lower case.
 * @param options The port that is listened on, and further names.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isAddressHost } from "./allowed_host.ts";
 *
 * assert(isAddressHost("127.0.0.1:8080", { port: 8080 }));
 * assert(isAddressHost("[::1]:8080", { port: 8080 }));
 * assertFalse(isAddressHost("evil.example:8080", { port: 8080 }));
 * ```
 */
export function isAddressHost(
  host: string,
  { port, names = [] }: {
    readonly port: number;
    readonly names?: readonly string[];
  },
): boolean {
  const match = host.match(/^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/);
  if (!match || Number(match[2] ?? 80) !== port) return false;
  const name = match[1]!;
  return name.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name) ||
    name === "localhost" || names.includes(name);
}
