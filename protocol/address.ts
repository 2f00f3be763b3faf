/**
 * Addresses as the wire carries them: 16 bytes, IPv6, or IPv4 as
 * `::ffff:a.b.c.d`; all zero means "not given".
 *
 * @module
 */

/** Sixteen bytes that are an address. Never written to after it was made. */
export type Address = Uint8Array & { readonly __brand: "Address" };

/** A TCP or UDP port that a packet can be sent to, 1 to 65,535. */
export type Port = number & { readonly __brand: "Port" };

/** Bytes of an address on the wire. */
export const ADDRESS_BYTES = 16;

/** The address that means "not given". */
export const UNSPECIFIED: Address = new Uint8Array(ADDRESS_BYTES) as Address;

/**
 * Reads an address that is written as text, as sockets give it.
 *
 * @param text IPv4 (`192.0.2.1`), IPv6 (`2001:db8::1`) with or without a
 * `%zone`, which is left out, or IPv4 inside IPv6 (`::ffff:192.0.2.1`).
 * @returns The address, or `undefined` where the text is none.
 */
export function parseAddress(text: string): Address | undefined {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  if (!text.includes(":")) {
    bytes[10] = bytes[11] = 0xff;
    return parseIpv4(text, bytes) ? bytes as Address : undefined;
  }
  const zone = text.indexOf("%");
  if (zone === text.length - 1) return undefined;
  const plain = zone < 0 ? text : text.slice(0, zone);
  return parseIpv6(plain, bytes) ? bytes as Address : undefined;
}

/**
 * Writes an address as sockets take it: IPv4 as four numbers, IPv6 by
 * RFC 5952.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatAddress, parseAddress } from "./address.ts";
 *
 * assertEquals(formatAddress(parseAddress("2001:DB8:0:0::1")!), "2001:db8::1");
 * assertEquals(formatAddress(parseAddress("::ffff:192.0.2.1")!), "192.0.2.1");
 * ```
 */
export function formatAddress(address: Address): string {
  if (isIpv4(address)) return address.subarray(12).join(".");
  const groups: number[] = [];
  for (let i = 0; i < ADDRESS_BYTES; i += 2) {
    groups.push(address[i]! << 8 | address[i + 1]!);
  }
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.length < 2) return hex.join(":");
  const head = hex.slice(0, gap.start).join(":");
  const tail = hex.slice(gap.start + gap.length).join(":");
  return `${head}::${tail}`;
}

/**
 * Writes an address and a port as one, `192.0.2.1:60000` or
 * `[2001:db8::1]:60000`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatEndpoint, parseAddress } from "./address.ts";
 *
 * assertEquals(formatEndpoint(parseAddress("::1")!, 60000), "[::1]:60000");
 * ```
 */
export function formatEndpoint(address: Address, port: number): string {
  const text = formatAddress(address);
  return text.includes(":") ? `[${text}]:${port}` : `${text}:${port}`;
}

/** Whether this is an IPv4 address in its IPv6 form. */
export function isIpv4(address: Address): boolean {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return address[10] === 0xff && address[11] === 0xff;
}

/** Whether this is the all-zero address that means "not given". */
export function isUnspecified(address: Address): boolean {
  for (let i = 0; i < ADDRESS_BYTES; i++) if (address[i] !== 0) return false;
  return true;
}

/** Whether the address never leaves its host: `127.0.0.0/8` or `::1`. */
export function isLoopback(address: Address): boolean {
  if (isIpv4(address)) return address[12] === 127;
  for (let i = 0; i < 15; i++) if (address[i] !== 0) return false;
  return address[15] === 1;
}

/** Whether two addresses are the same. */
export function sameAddress(a: Address, b: Address): boolean {
  for (let i = 0; i < ADDRESS_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether a number is a port that can be sent to: a whole one, 1 to 65,535. */
export function isPort(port: number): port is Port {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function parseIpv4(text: string, bytes: Uint8Array): boolean {
  const parts = text.split(".");
  if (parts.length !== 4) return false;
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return false;
    bytes[12 + i] = Number(part);
  }
  return true;
}

function parseIpv6(text: string, bytes: Uint8Array): boolean {
  let hex = text;
  const lastColon = text.lastIndexOf(":");
  if (text.includes(".")) {
    if (!parseIpv4(text.slice(lastColon + 1), bytes)) return false;
    const tail = [12, 14].map((at) =>
      (bytes[at]! << 8 | bytes[at + 1]!).toString(16)
    );
    hex = `${text.slice(0, lastColon + 1)}${tail.join(":")}`;
  }
  const halves = hex.split("::");
  if (halves.length > 2) return false;
  const head = halves[0] === "" ? [] : halves[0]!.split(":");
  const tail = halves[1] === undefined || halves[1] === ""
    ? []
    : halves[1].split(":");
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return false;
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail];
  for (let i = 0; i < 8; i++) {
    const group = groups[i]!;
    if (!/^[\da-f]{1,4}$/i.test(group)) return false;
    const value = parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  }
  return true;
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end - 1);
  }
  return best;
}
