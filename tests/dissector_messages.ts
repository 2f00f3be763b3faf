/**
 * What the Wireshark dissector, `docs/peerdex.lua`, calls things.
 *
 * @module
 */

import type { LAYOUTS } from "../protocol/layout.ts";

/** The dissector's word for a message, and the layout of its PDU. */
export type DissectorMessage = readonly [
  prefix: string,
  layout: keyof typeof LAYOUTS,
];

/** Every message, by who reads it (as in the vectors) and its type. */
export const LAYOUT_OF_MESSAGE: Readonly<Record<string, DissectorMessage>> = {
  "request H": ["hello", "HELLO"],
  "request R": ["register", "REQUEST"],
  "request T": ["deregister", "REQUEST"],
  "request S": ["search", "REQUEST"],
  "request O": ["list", "LIST"],
  "reply A": ["ack", "ACK"],
  "reply E": ["error", "ERROR"],
  "reply S": ["source", "RECORD"],
  "reply O": ["entry", "RECORD"],
  "download D": ["download", "DOWNLOAD"],
  "grant A": ["grant", "GRANT"],
  "content C": ["content", "CONTENT"],
  m: ["metadata", "METADATA"],
  n: ["name", "NAME"],
  k: ["key", "KEY"],
};

/** What the dissector says of bytes that every reader refuses. */
export const FAULTS: readonly string[] = [
  "peerdex.bad_length",
  "peerdex.bad_padding",
  "peerdex.bad_text",
  "peerdex.bad_value",
  "peerdex.missing",
];

/** Those, and what it says of bytes that are skipped. */
export const MARKS: readonly string[] = [
  ...FAULTS,
  "peerdex.fragment",
  "peerdex.odd_value",
  "peerdex.orphan",
  "peerdex.unknown",
  "peerdex.unknown_type",
];

/** What the dissector calls a field of a layout. */
export function filterName(prefix: string, field: string): string {
  const words = field.replace(
    /[A-Z]/g,
    (letter) => `_${letter.toLowerCase()}`,
  );
  return `peerdex.${prefix}.${words}`;
}
