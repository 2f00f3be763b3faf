/**
 * Names of the domain name system, as the labels they are made of: a label of
 * an instance name may hold dots and spaces (RFC 6763, section 4.1.1), which a
 * text divided by dots cannot say.
 *
 * @module
 */

/** A name: its labels from left to right, without the empty one of the root. */
export type DnsName = readonly string[];

/** The most bytes of UTF-8 of one label (RFC 1035, section 2.3.4). */
export const LABEL_BYTES = 63;

/** The most bytes of a name on the wire, with its lengths (RFC 1035, section 2.3.4). */
export const NAME_BYTES = 255;

/** Whether two names are the same: the case of ASCII letters makes no difference. */
export function sameName(a: DnsName, b: DnsName): boolean {
  return a.length === b.length &&
    a.every((label, i) => foldCase(label) === foldCase(b[i]!));
}

/**
 * Takes a name that ends in another one apart.
 *
 * @returns The labels before `ending`, or `undefined` where it does not end so.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { beforeEnding } from "./dns_name.ts";
 *
 * const name = ["Lab 2.1", "_peerdex", "_udp", "local"];
 * assertEquals(beforeEnding(name, ["_udp", "local"]), ["Lab 2.1", "_peerdex"]);
 * assertEquals(beforeEnding(name, ["_tcp", "local"]), undefined);
 * ```
 */
export function beforeEnding(
  name: DnsName,
  ending: DnsName,
): DnsName | undefined {
  const at = name.length - ending.length;
  if (at < 0 || !sameName(name.slice(at), ending)) return undefined;
  return name.slice(0, at);
}

/** Writes a label so that two that are the same are the same text. */
export function foldCase(label: string): string {
  return label.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
