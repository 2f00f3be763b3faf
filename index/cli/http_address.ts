/**
 * Where the status page is to be served, as it is typed.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { quote } from "../../protocol/name.ts";

/** Where a status page is served that is told a port alone. */
const LOOPBACK = "127.0.0.1";

/** Where to listen, and under which names. */
export interface HttpAddress {
  readonly hostname: string;
  readonly port: number;
  /** Host names under which it may be opened. */
  readonly names: readonly string[];
}

/**
 * Reads `--http` and `--http-name`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseHttpAddress } from "./http_address.ts";
 *
 * const { hostname, port } = parseHttpAddress("8080");
 * assertEquals(`${hostname}:${port}`, "127.0.0.1:8080");
 * ```
 *
 * @param text `HOST:PORT`, `[ADDRESS]:PORT` or a port alone, 0 for any.
 * @param names Host names with a comma between them.
 * @throws {ValidationError} Where that is no such thing.
 */
export function parseHttpAddress(text: string, names = ""): HttpAddress {
  const match =
    /^(?:(?:\[(?<inner>[0-9a-f:.]+)\]|(?<host>[^\s:[\]]*)):)?(?<port>\d{1,5})$/i
      .exec(text);
  const port = Number(match?.groups?.port);
  if (!match || port > 65_535) {
    throw new ValidationError(
      `Cannot use ${quote(text)} for --http: expected HOST:PORT or a port`,
    );
  }
  const { inner, host } = match.groups!;
  const hostname = inner ?? (host || LOOPBACK);
  const listed = names.split(",").map((name) => name.trim()).filter(Boolean);
  for (const name of listed) {
    if (/^[a-z0-9._-]+$/i.test(name)) continue;
    throw new ValidationError(
      `Cannot use ${quote(name)} for --http-name: expected a host name`,
    );
  }
  // A name that it listens at is one that it may be opened by.
  return { hostname, port, names: inner ? listed : [...listed, hostname] };
}
