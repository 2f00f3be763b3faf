/**
 * Where every field of every payload lies: the one table that encoding and
 * decoding both read. Offsets count from the first byte after the type.
 *
 * @module
 */

/** Where a field lies in its payload, and how wide it is, in bytes. */
export interface Field {
  /** Bytes between the start of the payload and the field. */
  readonly offset: number;
  /** Width in bytes. */
  readonly bytes: number;
}

function field(offset: number, bytes: number): Field {
  return { offset, bytes };
}

const TRANSACTION = field(0, 4);

/** `R`, `T`, `S` to the index. */
export const REQUEST = {
  transaction: TRANSACTION,
  token: field(4, 8),
  address: field(12, 16),
  port: field(28, 2),
  peer: field(30, 16),
  name: field(46, 54),
} as const;

/** `O` to the index. */
export const LIST = {
  transaction: TRANSACTION,
  token: field(4, 8),
  cursor: field(12, 16),
  pages: field(28, 2),
  peer: field(30, 16),
  filter: field(46, 54),
} as const;

/** `S` and `O` from the index: one source, one registration. */
export const RECORD = {
  transaction: TRANSACTION,
  size: field(4, 8),
  address: field(12, 16),
  port: field(28, 2),
  peer: field(30, 16),
  name: field(46, 54),
} as const;

/** `H`. */
export const HELLO = {
  transaction: TRANSACTION,
  token: field(4, 8),
  address: field(12, 16),
  port: field(28, 2),
  peer: field(30, 16),
  version: field(46, 1),
  flags: field(47, 1),
  lease: field(48, 2),
  agent: field(50, 50),
} as const;

/** `A` from the index. */
export const ACK = {
  transaction: TRANSACTION,
  token: field(4, 8),
  address: field(12, 16),
  port: field(28, 2),
  lease: field(30, 2),
  count: field(32, 4),
  cursor: field(36, 16),
  text: field(52, 48),
} as const;

/** `A` from a content server: the bytes that it will send. */
export const GRANT = {
  transaction: TRANSACTION,
  length: field(4, 8),
  address: field(12, 16),
  port: field(28, 2),
  lease: field(30, 2),
  count: field(32, 4),
  cursor: field(36, 16),
  text: field(52, 48),
} as const;

/** `E`. */
export const ERROR = {
  transaction: TRANSACTION,
  token: field(4, 8),
  code: field(12, 2),
  retryAfter: field(14, 2),
  text: field(16, 84),
} as const;

/** `m`. */
export const METADATA = {
  transaction: TRANSACTION,
  size: field(4, 8),
  digest: field(12, 32),
  exponent: field(44, 1),
  flags: field(45, 1),
  modified: field(46, 8),
  reserved: field(54, 46),
} as const;

/** `n`. */
export const NAME = {
  transaction: TRANSACTION,
  name: field(4, 96),
} as const;

/** `k`. */
export const KEY = {
  transaction: TRANSACTION,
  key: field(4, 32),
  signature: field(36, 64),
} as const;

/** `D`. */
export const DOWNLOAD = {
  transaction: TRANSACTION,
  offset: field(4, 8),
  length: field(12, 8),
  kind: field(20, 1),
  exponent: field(21, 1),
  version: field(22, 1),
  following: field(23, 1),
  reserved: field(24, 6),
  peer: field(30, 16),
  name: field(46, 54),
} as const;

/** `C`. */
export const CONTENT = {
  content: field(0, 100),
} as const;

/** The tables of {@linkcode LAYOUTS}. */
export type LayoutName =
  | "REQUEST"
  | "LIST"
  | "RECORD"
  | "HELLO"
  | "ACK"
  | "GRANT"
  | "ERROR"
  | "METADATA"
  | "NAME"
  | "KEY"
  | "DOWNLOAD"
  | "CONTENT";

/** Every table by its name: a payload's fields, in order. */
export const LAYOUTS: Readonly<
  Record<LayoutName, Readonly<Record<string, Field>>>
> = {
  REQUEST,
  LIST,
  RECORD,
  HELLO,
  ACK,
  GRANT,
  ERROR,
  METADATA,
  NAME,
  KEY,
  DOWNLOAD,
  CONTENT,
};
