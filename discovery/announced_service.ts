/**
 * What an index says of itself, checked before it is said.
 *
 * @module
 */

import { isPort } from "../protocol/address.ts";
import { isPrintable } from "../protocol/name.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { LABEL_BYTES } from "./dns_name.ts";
import type { Service } from "./service.ts";

/** What an index says of itself. */
export interface ServiceOptions {
  /** The UDP port that it listens on, 1 to 65,535. */
  readonly port: number;
  /**
   * What people see, `Peerdex` by default: 1 to 54 bytes of UTF-8. A random
   * number after it makes it the only one of its name.
   */
  readonly name?: string | undefined;
  /** Keys and values to announce besides `v`, the version of the protocol. */
  readonly txt?: Readonly<Record<string, string>> | undefined;
}

/**
 * Takes what an index says of itself for a service.
 *
 * @param random A number from 0 to 1, 1 left out.
 * @throws {TypeError} Where the name, a key or a value cannot be announced.
 * @throws {RangeError} Where the port is none.
 */
export function serviceOf(
  { port, name = "Peerdex", txt = {} }: ServiceOptions,
  random: () => number,
): Service {
  if (!isPort(port)) {
    throw new RangeError(
      `Cannot announce the index: expected a port from 1 to 65,535, got ${port}`,
    );
  }
  const number = Math.floor(random() * 2 ** 32).toString(16).padStart(8, "0");
  const instance = `${name} ${number}`;
  const encoder = new TextEncoder();
  const length = encoder.encode(instance).length;
  if (name === "" || !isPrintable(name) || length > LABEL_BYTES) {
    throw new TypeError(
      "Cannot announce the index: expected a name of 1 to 54 bytes " +
        "without control characters",
    );
  }
  const entries = new Map(Object.entries({ v: `${PROTOCOL_VERSION}`, ...txt }));
  let bytes = 0;
  for (const [key, value] of entries) {
    bytes += encoder.encode(`${key}=${value}`).length + 1;
    if (KEY.test(key) && value.length <= VALUE_CHARACTERS) continue;
    throw new TypeError(
      "Cannot announce the index: expected keys of 1 to 32 ASCII characters " +
        `without =, and values of at most ${VALUE_CHARACTERS} characters`,
    );
  }
  if (bytes > TXT_BYTES) {
    throw new TypeError(
      `Cannot announce the index: keys and values have ${bytes} bytes, ` +
        `at most ${TXT_BYTES} fit`,
    );
  }
  return { instance, host: `peerdex-${number}`, port, txt: entries };
}

const KEY = /^[\x21-\x3c\x3e-\x7e]{1,32}$/;
const VALUE_CHARACTERS = 64;

/** The most bytes of all keys and values: every answer fits into a datagram. */
const TXT_BYTES = 400;
