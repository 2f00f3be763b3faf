/**
 * Where an index is: what is typed, written down, and found.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { quote } from "../../protocol/name.ts";

/** Where an index is. */
export interface IndexAddress {
  readonly hostname: string;
  readonly port: number;
}

/** The port that an index listens on where none is named. */
export const DEFAULT_INDEX_PORT = 60_000;

/**
 * Reads the address of an index: `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
 *
 * @throws {ValidationError} Where it is none.
 */
export function parseIndexAddress(text: string): IndexAddress {
  const match =
    text.match(/^(?:\[([^\]\s]+)\]|([^:\s[\]]+))(?::(\d{1,5}))?$/) ??
      // IPv6 without brackets, its zone included: two colons at the least.
      text.match(/^((?:[\da-f]*:){2,}[\da-f.]*(?:%\w+)?)$/i);
  const port = match?.[3] ? Number(match[3]) : DEFAULT_INDEX_PORT;
  if (!match || port < 1 || port > 65_535) {
    throw new ValidationError(
      `Cannot use ${quote(text)} for --index: expected HOST or HOST:PORT`,
    );
  }
  return { hostname: match[1] ?? match[2]!, port };
}

/** Writes the address of an index so that it can be typed. */
export function formatIndexAddress({ hostname, port }: IndexAddress): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
